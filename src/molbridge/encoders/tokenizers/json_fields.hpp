#pragma once
// Typed access to the objects of a tokenizer file. Every error names the way to the field ("pre_tokenizer.pretokenizers[1].pattern").
// The JSON library stays behind this header.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::encoders {

/// One value of a JSON document, with the way to it. Cheap to copy; the document stays alive with it. Threads: const use is safe.
class JsonFields {
 public:
  /// Errors: kModel with the file and the offset; documents nested deeper than 100 levels.
  static JsonFields parse(std::string_view text, const std::string& file);

  bool is_null() const;
  bool is_object() const;
  bool is_array() const;
  bool is_string() const;
  bool is_number() const;
  bool has(std::string_view key) const;       ///< present and not null
  JsonFields at(std::string_view key) const;  ///< Errors: kModel where absent or null
  std::optional<JsonFields> find(std::string_view key) const;
  std::size_t size() const;
  JsonFields at(std::size_t index) const;

  std::string text() const;  ///< Errors: kModel where no string
  std::int64_t integer() const;
  double number() const;
  bool boolean() const;

  std::string type() const { return at("type").text(); }
  std::string text(std::string_view key) const { return at(key).text(); }
  std::string text(std::string_view key, std::string otherwise) const;
  bool boolean(std::string_view key, bool otherwise) const;
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const;

  void each_member(const std::function<void(const std::string& key, const JsonFields& value)>& visit) const;
  void each_element(const std::function<void(const JsonFields& value)>& visit) const;

  /// Throws kModel: "<file>: <way>: <what>".
  [[noreturn]] void refuse(const std::string& what) const;
  const std::string& way() const { return way_; }

 private:
  struct Document;
  JsonFields(std::shared_ptr<const Document> document, const void* value, std::string way)
      : document_(std::move(document)), value_(value), way_(std::move(way)) {}
  std::shared_ptr<const Document> document_;
  const void* value_;
  std::string way_;
};

}  // namespace molbridge::encoders
