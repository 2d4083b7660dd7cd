#pragma once
// What a line format cannot hold (line ends in a value, a key with '=', a peak annotation with quotes) is written as a line of
// its own, in JSON: MOLBRIDGE_FIELD and MOLBRIDGE_ANNOTATIONS. Other programs take it for an unknown field. Thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "molbridge/spectra/text_reader.hpp"

namespace molbridge::spectra {

inline constexpr std::string_view kEscapedField = "MOLBRIDGE_FIELD";
inline constexpr std::string_view kEscapedAnnotations = "MOLBRIDGE_ANNOTATIONS";

/// One line of JSON.
std::string escape_field(const Field& field);
std::string escape_annotations(const std::vector<std::string>& annotations);

/// Takes the field out of an escaped line; false when `key` names none (or its JSON is broken: then it is an ordinary field).
bool take_escaped(Draft& draft, std::string_view key, std::string_view value);
/// At the end of a record: gives the annotations of take_escaped to the peaks, which are still in the order of the file.
void apply_escaped_annotations(Draft& draft);

/// No control characters, no blanks at the ends: such a text stands on a line as it is.
bool fits_line(std::string_view text);

}  // namespace molbridge::spectra
