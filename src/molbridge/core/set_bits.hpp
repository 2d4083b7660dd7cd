#pragma once
// Places of the set bits of a packed row (bit i in byte i/8 at position i%8). Thread-safe.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace molbridge {

/// Writes the places of the set bits of a word, ascending, and returns the new end. Fingerprints are sparse (some 50 of
/// 4096 bits): most words have none, one or two, and a branch on that would be guessed wrong; two places are written
/// anyway and count if they were there.
[[gnu::always_inline]] inline std::uint32_t* write_places(std::uint64_t word, std::uint32_t first, std::uint32_t* end) {
  constexpr std::uint64_t kLast = std::uint64_t{1} << 63;
  for (int i = 0; i < 2; ++i) {
    *end = first + static_cast<std::uint32_t>(std::countr_zero(word | kLast));  // right unless zero, and then unused
    end += (word | (0 - word)) >> 63;
    word &= word - 1;
  }
  for (; word != 0; word &= word - 1) *end++ = first + static_cast<std::uint32_t>(std::countr_zero(word));
  return end;
}

/// How many bits are set. Requires room for num_bits + 2 places. Inlined, so that a caller compiled for newer processors has their
/// instructions here too.
[[gnu::always_inline]] inline std::size_t set_bits(const std::byte* bytes, std::size_t num_bits,
                                                   std::uint32_t* places) {
  constexpr std::size_t kWordBits = 64;
  std::uint32_t* end = places;
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; at + kWordBits <= num_bits; at += kWordBits) {
    std::memcpy(&word, bytes + at / 8, sizeof(word));
    end = write_places(word, static_cast<std::uint32_t>(at), end);
  }
  if (at < num_bits) {
    word = 0;
    std::memcpy(&word, bytes + at / 8, (num_bits - at) / 8);
    end = write_places(word, static_cast<std::uint32_t>(at), end);
  }
  return static_cast<std::size_t>(end - places);
}

}  // namespace molbridge
