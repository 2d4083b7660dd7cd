#include "molbridge/spectra/escape.hpp"

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::spectra {
namespace {

std::string dump(const Json& value) { return value.dump(-1, ' ', true, Json::error_handler_t::replace); }

bool all_strings(const Json& value) {
  for (const Json& entry : value) {
    if (!entry.is_string()) return false;
  }
  return true;
}

}  // namespace

std::string escape_field(const Field& field) { return dump(Json::array({field.key, field.written_key, field.value})); }

std::string escape_annotations(const std::vector<std::string>& annotations) { return dump(Json(annotations)); }

bool take_escaped(Draft& draft, std::string_view key, std::string_view value) {
  if (key != kEscapedField && key != kEscapedAnnotations) return false;
  const Json json = Json::parse(value, nullptr, false);
  if (!json.is_array() || !all_strings(json)) return false;
  if (key == kEscapedAnnotations) {
    draft.escaped_annotations = json.get<std::vector<std::string>>();
    return true;
  }
  if (json.size() != 3) return false;
  draft.field(Field{json[0].get<std::string>(), json[1].get<std::string>(), json[2].get<std::string>()});
  return true;
}

void apply_escaped_annotations(Draft& draft) {
  if (draft.escaped_annotations.empty()) return;
  if (draft.escaped_annotations.size() != draft.spectrum.peaks.size()) {
    draft.fail(std::string(kEscapedAnnotations) + " is for " + std::to_string(draft.escaped_annotations.size()) +
               " peaks, the record has " + std::to_string(draft.spectrum.peaks.size()));
    return;
  }
  draft.spectrum.peak_annotations = std::move(draft.escaped_annotations);
}

bool fits_line(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return trim(text).size() == text.size();
}

}  // namespace molbridge::spectra
