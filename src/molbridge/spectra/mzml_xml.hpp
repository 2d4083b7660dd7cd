#pragma once
// Streaming XML for the mzML and mzXML readers: the only place that sees Expat.
//
// Hostile input is bounded here: no document type declaration (entity bombs, external entities), no tag longer than kMaxTagBytes,
// no deeper nesting than kMaxDepth. Bytes that are not UTF-8 never stop the parser, whatever encoding the file declares: text comes
// out as the bytes that were in the file (windows-1252 names in files that claim UTF-8 are common). Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace molbridge::spectra {

/// Attributes of one start tag; valid only during the call that brings them.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char* const* pairs) : pairs_(pairs) {}
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// As UTF-8, "" if absent.
  std::string get(std::string_view name) const;
  /// Calls action(name, value) for each, in file order.
  template <typename Action>
  void for_each(Action action) const {
    for (const char* const* pair = pairs_; pair[0] != nullptr; pair += 2)
      action(std::string_view(pair[0]), get(pair[0]));
  }

 private:
  const char* find(std::string_view name) const;
  const char* const* pairs_;
};

/// Names come without namespace prefix. An exception thrown here ends the parsing and leaves feed().
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start_element(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void end_element(std::string_view name) = 0;
  /// A piece of character data; called only while wants_text() is true.
  virtual void text(std::string_view piece) = 0;
  virtual bool wants_text() const = 0;
};

/// The place where a document stops being readable. `what` is a phrase without position.
struct XmlBreak {
  std::string what;
  std::uint64_t line = 0;    ///< from 1
  std::uint64_t offset = 0;  ///< bytes of the (decompressed) document before it
};

class XmlParser {
 public:
  static constexpr std::size_t kMaxTagBytes = std::size_t{1} << 20;
  static constexpr int kMaxDepth = 200;

  /// `handler` must outlive the parser.
  explicit XmlParser(XmlHandler& handler);
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;

  /// Calls the handler for what `bytes` complete. nullopt while the document is well-formed; nothing may be fed after a break.
  /// Requires bytes.size() < 2^30.
  std::optional<XmlBreak> feed(std::string_view bytes);
  /// Says that the document has ended.
  std::optional<XmlBreak> finish();
  /// Where the parser stands now.
  XmlBreak position(std::string what) const;

 private:
  struct Callbacks;
  std::optional<XmlBreak> outcome(bool ok, bool ended);
  void stop(std::string what);

  void* parser_;  // XML_Parser; opaque so that expat.h stays out of headers
  XmlHandler& handler_;
  std::uint64_t fed_ = 0;
  int depth_ = 0;
  std::string stopped_;
  std::exception_ptr exception_;
};

}  // namespace molbridge::spectra
