#include "molbridge/encoders/tokenizers/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <span>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/unicode_tables.hpp"

namespace molbridge::encoders {
namespace {

constexpr char32_t kLastCodePoint = 0x10FFFF;
constexpr CodePointRange kWhiteRanges[] = {{0x9, 0xD},       {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
                                           {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
                                           {0x205F, 0x205F}, {0x3000, 0x3000}};

using ClassTable = std::vector<std::uint8_t>;

void mark(ClassTable& table, std::span<const CodePointRange> ranges, std::uint8_t bit) {
  for (const auto& range : ranges) {
    for (char32_t c = range.first; c <= range.last; ++c) table[c] |= bit;
  }
}

const ClassTable&
class_table() {  // a megabyte, filled once in about a millisecond, against a binary search per character
  static const ClassTable table = [] {
    ClassTable made(kLastCodePoint + 1, 0);
    mark(made, kWhiteRanges, kWhite);
    mark(made, accent_ranges(), kAccent);
    mark(made, combining_ranges(), kCombining);
    mark(made, punctuation_ranges(), kPunctuation);
    mark(made, control_ranges(), kControl);
    mark(made, letter_ranges(), kLetter);
    mark(made, number_ranges(), kNumber);
    mark(made, word_ranges(), kWordChar);
    return made;
  }();
  return table;
}

bool is_inert(char32_t c) {
  const auto ranges = inert_ranges();
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t value, const CodePointRange& r) { return value < r.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

struct FreeMemory {
  void operator()(utf8proc_uint8_t* p) const { std::free(p); }
};

void append_form(std::string& out, std::string_view text, Form form) {
  if (text.empty()) return;
  if (is_ascii(text)) {
    out += text;
    return;
  }
  int options = UTF8PROC_STABLE;
  options |= form == Form::kNfc || form == Form::kNfkc ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  if (form == Form::kNfkc || form == Form::kNfkd) options |= UTF8PROC_COMPAT;
  utf8proc_uint8_t* raw = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &raw, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, FreeMemory> made(raw);
  if (size < 0) throw Error(ErrorCode::kInput, std::string("a text cannot be normalised: ") + utf8proc_errmsg(size));
  out.append(reinterpret_cast<const char*>(made.get()), static_cast<std::size_t>(size));
}

}  // namespace

std::uint8_t char_class(char32_t c) {
  static const ClassTable& table = class_table();
  return c <= kLastCodePoint ? table[c] : 0;
}

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_python_space(char32_t c) { return (c >= 0x1C && c <= 0x1F) || is_class(c, kWhite); }

std::size_t char_bytes(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

char32_t next_char(std::string_view text, std::size_t& position) {
  const auto lead = static_cast<unsigned char>(text[position]);
  if (lead < 0x80) {
    ++position;
    return lead;
  }
  const std::size_t bytes = std::min(char_bytes(lead), text.size() - position);
  char32_t c = bytes == 2 ? lead & 0x1F : bytes == 3 ? lead & 0x0F : lead & 0x07;
  for (std::size_t i = 1; i < bytes; ++i) c = (c << 6) | (static_cast<unsigned char>(text[position + i]) & 0x3F);
  position += bytes;
  return c;
}

std::size_t last_char(std::string_view text) {
  std::size_t begin = text.size() - 1;
  while (begin > 0 && !at_boundary(text, begin)) --begin;
  return begin;
}

std::size_t count_chars(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void append_char(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xE0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 0x3F)),
            static_cast<char>(0x80 | ((c >> 6) & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
  }
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string to_lower_unicode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = next_char(text, i);
    if (c < 0x80) {
      out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else if (c == 0x130) {  // the one character whose lower case is two
      out += "i\xCC\x87";
    } else {
      append_char(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    }
  }
  return out;
}

// utf8proc knows a newer Unicode than the original. What the original does not know is inert there: it neither decomposes nor reorders
// nor composes, so a text may be cut at it and the parts be normalised one by one.
std::string to_form(std::string_view text, Form form) {
  std::string out;
  out.reserve(text.size());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (!is_inert(next_char(text, i))) continue;
    append_form(out, text.substr(begin, at - begin), form);
    out.append(text.substr(at, i - at));
    begin = i;
  }
  append_form(out, text.substr(begin), form);
  return out;
}

void grapheme_ends(std::string_view text, std::vector<std::size_t>& ends) {
  ends.clear();
  utf8proc_int32_t state = 0;
  std::size_t i = 0;
  if (text.empty()) return;
  auto previous = static_cast<utf8proc_int32_t>(next_char(text, i));
  while (i < text.size()) {
    const std::size_t at = i;
    const auto c = static_cast<utf8proc_int32_t>(next_char(text, i));
    if (utf8proc_grapheme_break_stateful(previous, c, &state)) ends.push_back(at);
    previous = c;
  }
  ends.push_back(text.size());
}

}  // namespace molbridge::encoders
