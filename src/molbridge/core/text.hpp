#pragma once
// Small string work that every reader needs: no locale, no allocation where a view is enough. Thread-safe.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge {

std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool iequals(std::string_view a, std::string_view b);
bool starts_with_icase(std::string_view text, std::string_view prefix);

/// Splits at every separator; an empty text gives one empty field.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Splits at runs of spaces and tabs; never gives empty fields.
std::vector<std::string_view> split_whitespace(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);

/// The whole text must be a number ("1e3", "+2.5", ".5"); "nan" and "inf" parse, the caller judges. No locale.
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_int(std::string_view text);

/// Fixed decimals with trailing zeros kept: format_fixed(1.5, 3) == "1.500".
std::string format_fixed(double value, int decimals);
/// The shortest text that reads back as the same double.
std::string format_shortest(double value);
/// 1234567 -> "1,234,567".
std::string format_count(std::uint64_t value);

/// The entry nearest to `word` by edit distance if it is near enough to be a typo, for "did you mean".
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> entries);

/// The text with every byte that is no part of valid UTF-8 replaced by U+FFFD: for files that must be UTF-8 (TOML, JSON).
std::string valid_utf8(std::string_view text);

/// A cell that a TSV reader and a spreadsheet take as text: tabs and line ends become spaces, and a leading '=', '+', '-' or
/// '@' is kept from being a formula by a leading apostrophe only for '=' and '@' ('+'/'-' start numbers and names here).
std::string tsv_cell(std::string_view text);

}  // namespace molbridge
