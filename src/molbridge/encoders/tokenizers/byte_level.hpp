#pragma once
// The byte alphabet of GPT-2 and its way to cut a text into words.

#include <string>
#include <string_view>
#include <vector>

#include "molbridge/encoders/tokenizers/pieces.hpp"

namespace molbridge::encoders {

/// Appends one character per byte: printable ones stand for themselves, the other 68 for U+0100 and up.
void append_byte_chars(std::string_view bytes, std::string& out);

/// The matches of 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ . They cover the text.
void match_gpt2_words(std::string_view text, std::vector<Match>& matches);

}  // namespace molbridge::encoders
