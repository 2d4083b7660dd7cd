#pragma once
// One line of a peak list: "m/z intensity [anything]". The inner loop of the line readers. Thread-safe.

#include <string>
#include <string_view>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// Two numbers separated by blanks, and what follows them trimmed; false when the line does not begin so. "nan" and "inf" are
/// numbers here, so that the record is skipped for the right reason.
bool parse_peak_line(std::string_view line, Peak& peak, std::string_view& rest);

/// Why parse_peak_line said false, for a message: a decimal comma, a missing intensity, or no peak at all.
std::string peak_line_problem(std::string_view line);

/// Takes a number from the front of `text`; false leaves `text` as it is.
bool take_number(std::string_view& text, double& value);

/// True if `text` has "digit,digit" where no point stands: "133,06 226,9".
bool has_decimal_comma(std::string_view text);

/// The text, cut to what fits into a message, in quotes.
std::string in_quotes(std::string_view text);

}  // namespace molbridge::spectra
