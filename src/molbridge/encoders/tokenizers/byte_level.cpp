#include "molbridge/encoders/tokenizers/byte_level.hpp"

#include <array>

namespace molbridge::encoders {
namespace {

struct ByteChars {
  ByteChars() {
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      std::string character;
      append_char(character, printable ? byte : next++);
      size[byte] = static_cast<unsigned char>(character.size());
      for (std::size_t i = 0; i < character.size(); ++i) text[byte][i] = character[i];
    }
  }
  std::array<std::array<char, 2>, 256> text{};
  std::array<unsigned char, 256> size{};
};

enum class Kind { kSpace, kLetter, kNumber, kOther };

Kind kind_of(char32_t c) {
  const auto bits = char_class(c);
  return (bits & kLetter) != 0   ? Kind::kLetter
         : (bits & kNumber) != 0 ? Kind::kNumber
         : (bits & kWhite) != 0  ? Kind::kSpace
                                 : Kind::kOther;
}

std::size_t contraction(std::string_view rest) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (rest.starts_with(ending)) return ending.size();
  }
  return 0;
}

// End of the run of one kind that begins at `at`.
std::size_t run_end(std::string_view text, std::size_t at, Kind kind) {
  while (at < text.size()) {
    std::size_t next = at;
    if (kind_of(next_char(text, next)) != kind) break;
    at = next;
  }
  return at;
}

std::size_t word_end(std::string_view text, std::size_t at) {
  if (text[at] == '\'') {
    if (const auto size = contraction(text.substr(at)); size > 0) return at + size;
  }
  std::size_t next = at;
  const Kind first = kind_of(next_char(text, next));
  if (first != Kind::kSpace) return run_end(text, next, first);
  if (text[at] == ' ' && next < text.size()) {
    std::size_t after = next;
    const Kind second = kind_of(next_char(text, after));
    if (second != Kind::kSpace) return run_end(text, after, second);
  }
  const std::size_t end = run_end(text, next, Kind::kSpace);
  if (end == text.size() || end == next) return end;
  return last_char(text.substr(0, end));  // \s+(?!\S): the last space of a run goes with the next word
}

}  // namespace

void append_byte_chars(std::string_view bytes, std::string& out) {
  static const ByteChars alphabet;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.append(alphabet.text[byte].data(), alphabet.size[byte]);
  }
}

void match_gpt2_words(std::string_view text, std::vector<Match>& matches) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = word_end(text, at);
    matches.push_back({at, end, true});
    at = end;
  }
}

}  // namespace molbridge::encoders
