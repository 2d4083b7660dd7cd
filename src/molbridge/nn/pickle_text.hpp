#pragma once
// The spellings of text and numbers in pickles that are not simply bytes. Thread-safe.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace molbridge::nn::pickle {

/// Two's complement, least byte first, as "0x..." or "-0x...", without leading zeros.
std::string hex_of_little_endian(std::span<const std::byte> bytes);

/// A Python 2 string literal: quotes of one kind around, backslash escapes inside. nullopt without quotes.
std::optional<std::string> unquote(std::string_view literal);

/// Latin-1 with \uXXXX and \UXXXXXXXX, as UTF-8. What is no proper escape stays as it is.
std::string decode_raw_unicode_escape(std::string_view text);

}  // namespace molbridge::nn::pickle
