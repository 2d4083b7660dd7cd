#include "molbridge/spectra/peak_line.hpp"

#include <charconv>
#include <cstdint>
#include <limits>

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/keys.hpp"

namespace molbridge::spectra {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void drop_blanks(std::string_view& text) {
  std::size_t i = 0;
  while (i < text.size() && is_blank(text[i])) ++i;
  text.remove_prefix(i);
}

constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// "123.4567": at most 15 digits, so that digits and power of ten are exact as doubles and their quotient is the correctly
/// rounded value (Clinger 1990). Several times faster than from_chars; anything else is left to it.
bool take_short_decimal(std::string_view& text, double& value) {
  constexpr std::size_t kExactDigits = 15;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* p = begin;
  std::uint64_t digits = 0;
  for (; p != end && is_digit(*p); ++p) digits = digits * 10 + static_cast<std::uint64_t>(*p - '0');
  std::size_t num_digits = static_cast<std::size_t>(p - begin);
  std::size_t decimals = 0;
  if (num_digits == 0 || num_digits > kExactDigits) return false;
  if (p != end && *p == '.') {
    const char* const point = p++;
    for (; p != end && is_digit(*p) && num_digits < kExactDigits; ++p, ++num_digits) {
      digits = digits * 10 + static_cast<std::uint64_t>(*p - '0');
    }
    decimals = static_cast<std::size_t>(p - point) - 1;
  }
  if (p != end && (is_digit(*p) || *p == 'e' || *p == 'E')) return false;
  value = static_cast<double>(digits) / kPowersOfTen[decimals];
  text.remove_prefix(static_cast<std::size_t>(p - begin));
  return true;
}

}  // namespace

bool take_number(std::string_view& text, double& value) {
  if (take_short_decimal(text, value)) return true;
  const std::size_t plus = !text.empty() && text.front() == '+' ? 1 : 0;
  if (plus == 1 && text.size() > 1 && text[1] == '-') return false;
  const auto [end, error] = std::from_chars(text.data() + plus, text.data() + text.size(), value);
  if (error == std::errc::invalid_argument) return false;
  // Out of range is no measurement either way; validation names it.
  if (error == std::errc::result_out_of_range) value = std::numeric_limits<double>::infinity();
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool parse_peak_line(std::string_view line, Peak& peak, std::string_view& rest) {
  drop_blanks(line);
  if (!take_number(line, peak.mz) || line.empty() || !is_blank(line.front())) return false;
  drop_blanks(line);
  if (!take_number(line, peak.intensity) || (!line.empty() && !is_blank(line.front()))) return false;
  rest = line.empty() ? line : trim(line);
  return true;
}

bool has_decimal_comma(std::string_view text) {
  if (text.find('.') != std::string_view::npos) return false;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == ',' && is_digit(text[i - 1]) && is_digit(text[i + 1])) return true;
  }
  return false;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown = to_utf8(text.substr(0, kShown));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return "'" + shown + (text.size() > kShown ? "...'" : "'");
}

std::string peak_line_problem(std::string_view line) {
  if (has_decimal_comma(line)) return in_quotes(line) + " has a decimal comma; write numbers with a point";
  if (parse_double(line)) return in_quotes(line) + " is an m/z without intensity";
  return in_quotes(line) + " is neither a peak nor a field";
}

}  // namespace molbridge::spectra
