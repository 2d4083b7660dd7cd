#include "molbridge/corpus/hash_share.hpp"

#include <string>

#include "molbridge/core/hash.hpp"

namespace molbridge::corpus {

std::uint64_t hash_share(std::string_view key, std::string_view salt) {
  constexpr std::uint64_t kParts = 1000;
  std::uint64_t rest = 0;
  for (const char digit : sha256(std::string(salt) + std::string(key))) {
    const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
    rest = (rest * 16 + static_cast<std::uint64_t>(value)) % kParts;
  }
  return rest;
}

}  // namespace molbridge::corpus
