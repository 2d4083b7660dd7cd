#pragma once
// Sentences of a description, as far as marks tell them apart.

#include <string_view>
#include <vector>

namespace molbridge::corpus {

/// A sentence ends with '.', '!' or '?' before a blank and an ASCII capital, digit or '[' (a masked name), or at the end; an initial ("S. Aureus")
/// ends none. Blanks at the ends are dropped; joined by blanks, sentences give the text again. Views into `text`.
std::vector<std::string_view> split_sentences(std::string_view text);

}  // namespace molbridge::corpus
