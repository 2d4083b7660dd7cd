#pragma once
// Character classes as the Python package `tokenizers` has them (it mixes Unicode versions), as sorted ranges; both ends belong to a
// range. Written by tools/make_unicode_tables.py.

#include <span>

namespace molbridge::encoders {

struct CodePointRange {
  char32_t first;
  char32_t last;
};

std::span<const CodePointRange> accent_ranges();
std::span<const CodePointRange> combining_ranges();
std::span<const CodePointRange> punctuation_ranges();
std::span<const CodePointRange> control_ranges();
std::span<const CodePointRange> inert_ranges();
std::span<const CodePointRange> letter_ranges();
std::span<const CodePointRange> number_ranges();
std::span<const CodePointRange> word_ranges();

}  // namespace molbridge::encoders
