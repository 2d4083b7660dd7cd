#include "molbridge/spectra/mzml_xml.hpp"

#include <expat.h>

#include <new>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/spectra/keys.hpp"

namespace molbridge::spectra {
namespace {

XML_Parser expat(void* parser) { return static_cast<XML_Parser>(parser); }

std::string_view local_name(const char* name) {
  const std::string_view whole(name);
  const std::size_t colon = whole.rfind(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

/// Undoes what reading every document as Latin-1 did: Expat gives each byte above 127 as a two-byte sequence of UTF-8.
/// Characters that were written as references (&#956;) are above U+00FF or come out like their byte; the text is then repaired.
std::string original_bytes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if ((lead == 0xC2 || lead == 0xC3) && i + 1 < text.size()) {
      out += static_cast<char>(((lead & 0x03) << 6) | (static_cast<unsigned char>(text[++i]) & 0x3F));
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > 127) return false;
  }
  return true;
}

}  // namespace

const char* XmlAttributes::find(std::string_view name) const {
  for (const char* const* pair = pairs_; pair[0] != nullptr; pair += 2) {
    if (name == pair[0]) return pair[1];
  }
  return nullptr;
}

std::string XmlAttributes::get(std::string_view name) const {
  const char* value = find(name);
  if (value == nullptr) return "";
  return is_ascii(value) ? std::string(value) : to_utf8(original_bytes(value));
}

/// Expat is C: no exception may pass through it, so each is kept and thrown again after XML_Parse. After a stop Expat may still
/// deliver the end of an empty element, which must not reach the handler.
struct XmlParser::Callbacks {
  template <typename Action>
  static void guarded(void* user, Action action) {
    auto& self = *static_cast<XmlParser*>(user);
    if (self.exception_ || !self.stopped_.empty()) return;
    try {
      action(self);
    } catch (...) {
      self.exception_ = std::current_exception();
      XML_StopParser(expat(self.parser_), XML_FALSE);
    }
  }

  static void XMLCALL start(void* user, const XML_Char* name, const XML_Char** attributes) {
    guarded(user, [&](XmlParser& self) {
      if (++self.depth_ > kMaxDepth)
        return self.stop("elements are nested more than " + std::to_string(kMaxDepth) + " deep");
      self.handler_.start_element(local_name(name), XmlAttributes(attributes));
    });
  }

  static void XMLCALL end(void* user, const XML_Char* name) {
    guarded(user, [&](XmlParser& self) {
      --self.depth_;
      self.handler_.end_element(local_name(name));
    });
  }

  static void XMLCALL text(void* user, const XML_Char* data, int length) {
    guarded(user, [&](XmlParser& self) {
      if (self.handler_.wants_text()) self.handler_.text({data, static_cast<std::size_t>(length)});
    });
  }

  static void XMLCALL doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    guarded(user, [](XmlParser& self) { self.stop("a document type declaration, which is refused (entities)"); });
  }
};

XmlParser::XmlParser(XmlHandler& handler) : parser_(XML_ParserCreate("ISO-8859-1")), handler_(handler) {
  if (parser_ == nullptr) throw std::bad_alloc();
  XML_SetUserData(expat(parser_), this);
  XML_SetElementHandler(expat(parser_), Callbacks::start, Callbacks::end);
  XML_SetCharacterDataHandler(expat(parser_), Callbacks::text);
  XML_SetStartDoctypeDeclHandler(expat(parser_), Callbacks::doctype);
}

XmlParser::~XmlParser() { XML_ParserFree(expat(parser_)); }

void XmlParser::stop(std::string what) {
  stopped_ = std::move(what);
  XML_StopParser(expat(parser_), XML_FALSE);
}

XmlBreak XmlParser::position(std::string what) const {
  const auto index = XML_GetCurrentByteIndex(expat(parser_));
  return {std::move(what), static_cast<std::uint64_t>(XML_GetCurrentLineNumber(expat(parser_))),
          index < 0 ? fed_ : static_cast<std::uint64_t>(index)};
}

std::optional<XmlBreak> XmlParser::outcome(bool ok, bool ended) {
  if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
  if (!stopped_.empty()) return position(stopped_);
  if (!ok) {
    const XML_Error code = XML_GetErrorCode(expat(parser_));
    if (code == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
    if (ended) return position("it ends too early");
    return position(std::string("not valid XML: ") + XML_ErrorString(code));
  }
  const XmlBreak now = position("a tag of more than 1 MiB");
  if (!ended && fed_ > now.offset && fed_ - now.offset > kMaxTagBytes) return now;
  return std::nullopt;
}

std::optional<XmlBreak> XmlParser::feed(std::string_view bytes) {
  MOLBRIDGE_CHECK(bytes.size() < (std::size_t{1} << 30), std::to_string(bytes.size()));
  fed_ += bytes.size();
  return outcome(XML_Parse(expat(parser_), bytes.data(), static_cast<int>(bytes.size()), XML_FALSE) == XML_STATUS_OK,
                 false);
}

std::optional<XmlBreak> XmlParser::finish() {
  return outcome(XML_Parse(expat(parser_), nullptr, 0, XML_TRUE) == XML_STATUS_OK, true);
}

}  // namespace molbridge::spectra
