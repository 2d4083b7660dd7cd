#pragma once
// Shares of a set drawn by hashing: a key is in or out whatever else is in the file, and in every file alike. Thread-safe.

#include <cstdint>
#include <string_view>

namespace molbridge::corpus {

/// SHA-256 of salt + key as one number, modulo 1000: 0 to 999. The folds of drug-target data are made with the salt
/// "molbridge-text-1:": below 800 train, below 900 val, else test (key: scaffold, or InChIKey block and target).
std::uint64_t hash_share(std::string_view key, std::string_view salt);

/// Whether a row of the training fold is held back to choose between models: a share of the groups (scaffold, molecule, target), of which none
/// is parted. Requires 0 <= permille <= 1000.
inline bool is_held_back(std::string_view group, std::uint64_t permille) {
  return hash_share(group, "molbridge-dev-1:") < permille;
}

}  // namespace molbridge::corpus
