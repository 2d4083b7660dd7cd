#include "molbridge/spectra/msp_lines.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/spectra/massbank_tags.hpp"
#include "molbridge/spectra/peak_line.hpp"

namespace molbridge::spectra {
namespace {

constexpr std::string_view kDelimiters = " \t,;:()[]{}";

bool is_delimiter(char c) { return kDelimiters.find(c) != std::string_view::npos; }

void drop_delimiters(std::string_view& text) {
  std::size_t i = 0;
  while (i < text.size() && is_delimiter(text[i])) ++i;
  text.remove_prefix(i);
}

/// A number that ends at a delimiter, a quote or the end.
bool take_whole_number(std::string_view& text, double& value) {
  std::string_view rest = text;
  if (!take_number(rest, value)) return false;
  if (!rest.empty() && !is_delimiter(rest.front()) && rest.front() != '"') return false;
  text = rest;
  return true;
}

/// A quoted text at the front, without its quotes.
void take_quoted_annotation(std::string_view& text, std::string& annotation) {
  const std::size_t close = text.find('"', 1);
  const std::size_t end = close == std::string_view::npos ? text.size() : close;
  annotation = text.substr(1, end - 1);
  text.remove_prefix(std::min(end + 1, text.size()));
}

/// What follows the first pair of a line is a bare annotation when it does not go on in pairs of numbers.
bool goes_on_in_pairs(std::string_view text) {
  std::size_t numbers = 0;
  double value = 0;
  for (drop_delimiters(text); !text.empty(); drop_delimiters(text)) {
    if (text.front() == '"') {
      std::string ignored;
      take_quoted_annotation(text, ignored);
    } else if (take_whole_number(text, value)) {
      ++numbers;
    } else {
      return false;
    }
  }
  return numbers % 2 == 0;
}

}  // namespace

bool split_msp_field(std::string_view text, std::string_view& key, std::string_view& value) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (has_subtags(text.substr(0, colon))) {
    const std::size_t second = text.find_first_of(": \t", colon + 1);
    if (second != std::string_view::npos && text[second] == ':' && second > colon + 1) colon = second;
  }
  key = trim(text.substr(0, colon));
  value = trim(text.substr(colon + 1));
  return !key.empty();
}

bool parse_msp_peaks(std::string_view text, std::vector<MspPeak>& peaks) {
  peaks.clear();
  drop_delimiters(text);
  while (!text.empty()) {
    MspPeak entry;
    if (!take_whole_number(text, entry.peak.mz)) return false;
    drop_delimiters(text);
    if (!take_whole_number(text, entry.peak.intensity)) return false;
    std::string_view rest = trim(text);
    if (rest.starts_with(';') || rest.starts_with(',')) rest = trim(rest.substr(1));
    if (rest.starts_with('"')) {
      take_quoted_annotation(rest, entry.annotation);
    } else if (peaks.empty() && !goes_on_in_pairs(rest)) {
      entry.annotation = rest;
      rest = {};
    }
    peaks.push_back(std::move(entry));
    text = rest;
    drop_delimiters(text);
  }
  return !peaks.empty();
}

}  // namespace molbridge::spectra
