#pragma once
// The character map of SentencePiece models ("Precompiled" in tokenizer.json): a double array trie over bytes into a block of texts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::encoders {

/// Standard base64 with padding. nullopt: no base64.
std::optional<std::string> decode_base64(std::string_view text);

/// Threads: const use is safe.
class PrecompiledMap {
 public:
  /// Layout of `bytes`: little-endian u32 size of the trie in bytes, the trie in u32 units, texts that each end at a NUL.
  /// Errors: kModel (cut short, a text that is no UTF-8). Every step of a lookup checks its bounds.
  explicit PrecompiledMap(std::string_view bytes);
  std::string apply(std::string_view text) const;

 private:
  std::optional<std::string_view> replacement(std::string_view part) const;
  std::vector<std::uint32_t> trie_;
  std::string texts_;
};

}  // namespace molbridge::encoders
