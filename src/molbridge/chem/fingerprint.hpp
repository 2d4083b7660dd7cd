#pragma once
// Morgan (ECFP) fingerprints and their similarity. Thread-safe: values and pure functions.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::chem {

/// ECFP4 is radius 2. `num_bits` must be a positive multiple of 64. Chirality is not used.
struct MorganOptions {
  int radius = 2;
  int num_bits = 2048;
};

/// Packed bits, bit i in word i / 64 at position i % 64.
struct BitFingerprint {
  std::vector<std::uint64_t> words;
  int num_bits = 0;
  bool test(int bit) const { return (words[static_cast<std::size_t>(bit) / 64] >> (bit % 64)) & 1; }
  int count() const;
};

BitFingerprint morgan(const Molecule& molecule, const MorganOptions& options = {});
/// Hashed counts, num_bits long.
std::vector<std::uint32_t> morgan_counts(const Molecule& molecule, const MorganOptions& options = {});

/// |a and b| / |a or b|; 0 for two empty fingerprints. Requires equal widths.
double tanimoto(const BitFingerprint& a, const BitFingerprint& b);
/// Largest Tanimoto of `query` to any of `others`; 0 for none.
double max_tanimoto(const BitFingerprint& query, std::span<const BitFingerprint> others);

/// RDKit's version string of the algorithm, part of an encoder digest.
std::string morgan_version();

}  // namespace molbridge::chem
