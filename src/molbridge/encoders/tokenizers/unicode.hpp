#pragma once
// UTF-8, character classes and normalisation forms exactly as the Python package `tokenizers` has them. All functions expect valid UTF-8
// (molbridge::valid_utf8 makes it); on invalid bytes they stay inside the text, with an unspecified result. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::encoders {

enum CharClass : std::uint8_t {
  kWhite = 1,        ///< White_Space
  kAccent = 2,       ///< what BertNormalizer strips
  kCombining = 4,    ///< what StripAccents strips
  kPunctuation = 8,  ///< what BertPreTokenizer and Punctuation split at
  kControl = 16,     ///< what BertNormalizer cleans away
  kLetter = 32,      ///< \p{L}
  kNumber = 64,      ///< \p{N}
  kWordChar = 128,   ///< \w of the Rust regular expressions
};

/// Bits of CharClass; 0 beyond U+10FFFF.
std::uint8_t char_class(char32_t c);
inline bool is_class(char32_t c, std::uint8_t bits) { return (char_class(c) & bits) != 0; }
bool is_chinese(char32_t c);
/// What str.split() of Python splits at.
bool is_python_space(char32_t c);

/// Decodes the character at `position` (< text.size()) and moves `position` behind it.
char32_t next_char(std::string_view text, std::size_t& position);
/// Bytes of the character that begins with this byte.
std::size_t char_bytes(unsigned char lead);
/// Begin of the last character of a text that is not empty.
std::size_t last_char(std::string_view text);
std::size_t count_chars(std::string_view text);
void append_char(std::string& out, char32_t c);
bool is_ascii(std::string_view text);
/// Whether `position` lies between two characters (or at an end).
inline bool at_boundary(std::string_view text, std::size_t position) {
  return position >= text.size() || (static_cast<unsigned char>(text[position]) & 0xC0) != 0x80;
}

/// Lower case character by character, without context (as Rust's char::to_lowercase).
std::string to_lower_unicode(std::string_view text);

enum class Form { kNfc, kNfd, kNfkc, kNfkd };
std::string to_form(std::string_view text, Form form);

/// Ends of the grapheme clusters of a text, in bytes.
void grapheme_ends(std::string_view text, std::vector<std::size_t>& ends);

}  // namespace molbridge::encoders
