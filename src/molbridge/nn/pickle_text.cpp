#include "molbridge/nn/pickle_text.hpp"

#include <charconv>
#include <cstdint>
#include <vector>

namespace molbridge::nn::pickle {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6));
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

/// Exactly `count` hexadecimal digits at `at`.
std::optional<std::uint32_t> hex_digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at > text.size() || text.size() - at < count) return std::nullopt;
  std::uint32_t value = 0;
  const char* end = text.data() + at + count;
  const auto result = std::from_chars(text.data() + at, end, value, 16);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

/// The escape behind a backslash at `at`; moves `at` to its last character.
void append_escape(std::string& out, std::string_view text, std::size_t& at) {
  constexpr std::string_view kLetters = "abfnrtv", kValues = "\a\b\f\n\r\t\v";
  const char letter = text[++at];
  if (const auto known = kLetters.find(letter); known != std::string_view::npos) {
    out.push_back(kValues[known]);
  } else if (const auto code = hex_digits(text, at + 1, 2); letter == 'x' && code) {
    out.push_back(static_cast<char>(*code));
    at += 2;
  } else if (letter >= '0' && letter <= '7') {
    int value = 0, digits = 0;
    for (; digits < 3 && at + digits < text.size() && text[at + digits] >= '0' && text[at + digits] <= '7'; ++digits) {
      value = value * 8 + (text[at + digits] - '0');
    }
    out.push_back(static_cast<char>(value));
    at += static_cast<std::size_t>(digits) - 1;
  } else {
    out.push_back(letter);  // quotes and the backslash itself
  }
}

}  // namespace

std::string hex_of_little_endian(std::span<const std::byte> bytes) {
  std::vector<unsigned> magnitude;
  for (const std::byte byte : bytes) magnitude.push_back(std::to_integer<unsigned>(byte));
  const bool negative = !magnitude.empty() && magnitude.back() >= 0x80;
  if (negative) {
    unsigned carry = 1;
    for (unsigned& byte : magnitude) {
      const unsigned sum = (byte ^ 0xff) + carry;
      byte = sum & 0xff;
      carry = sum >> 8;
    }
  }
  std::string digits;
  for (std::size_t i = magnitude.size(); i-- > 0;) {
    digits.push_back("0123456789abcdef"[magnitude[i] >> 4]);
    digits.push_back("0123456789abcdef"[magnitude[i] & 15]);
  }
  const auto first = digits.find_first_not_of('0');
  return (negative ? "-0x" : "0x") + (first == std::string::npos ? "0" : digits.substr(first));
}

std::optional<std::string> unquote(std::string_view literal) {
  const bool quoted =
      literal.size() >= 2 && (literal.front() == '\'' || literal.front() == '"') && literal.back() == literal.front();
  if (!quoted) return std::nullopt;
  const std::string_view text = literal.substr(1, literal.size() - 2);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      append_escape(out, text, at);
    } else {
      out.push_back(text[at]);
    }
  }
  return out;
}

std::string decode_raw_unicode_escape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == 'u' || text[at + 1] == 'U');
    const std::size_t count = escape && text[at + 1] == 'u' ? 4 : 8;
    const auto code = escape ? hex_digits(text, at + 2, count) : std::nullopt;
    if (code && *code < 0x110000) {
      append_utf8(out, *code);
      at += 1 + count;
    } else {
      append_utf8(out, static_cast<unsigned char>(text[at]));
    }
  }
  return out;
}

}  // namespace molbridge::nn::pickle
