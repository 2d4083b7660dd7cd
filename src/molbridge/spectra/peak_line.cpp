#include "molbridge/spectra/peak_line.hpp"

#include <charconv>
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

}  // namespace

bool take_number(std::string_view& text, double& value) {
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
