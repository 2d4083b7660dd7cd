#include "molbridge/chem/fingerprint.hpp"

#include <DataStructs/ExplicitBitVect.h>
#include <DataStructs/SparseIntVect.h>
#include <GraphMol/Fingerprints/MorganFingerprints.h>
#include <GraphMol/GraphMol.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "molbridge/chem/rdkit_state.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

constexpr int kMaxRadius = 16;
constexpr int kMaxBits = 1 << 20;

void check(const MorganOptions& options) {
  MOLBRIDGE_CHECK(options.radius >= 0 && options.radius <= kMaxRadius, std::to_string(options.radius));
  MOLBRIDGE_CHECK(options.num_bits > 0 && options.num_bits % 64 == 0 && options.num_bits <= kMaxBits,
                  std::to_string(options.num_bits));
}

struct Overlap {
  int both = 0;
  int either = 0;
};

inline Overlap count_overlap(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  Overlap overlap;
  for (std::size_t i = 0; i < a.size(); ++i) {
    overlap.both += std::popcount(a[i] & b[i]);
    overlap.either += std::popcount(a[i] | b[i]);
  }
  return overlap;
}

#if defined(__x86_64__)
/// The same, compiled for processors that count bits in one instruction; plain x86-64 goes through a table.
__attribute__((target("popcnt"), flatten)) Overlap count_overlap_popcnt(std::span<const std::uint64_t> a,
                                                                        std::span<const std::uint64_t> b) {
  return count_overlap(a, b);
}

Overlap overlap_of(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  static const bool has_popcnt = __builtin_cpu_supports("popcnt");
  return has_popcnt ? count_overlap_popcnt(a, b) : count_overlap(a, b);
}
#else
Overlap overlap_of(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) { return count_overlap(a, b); }
#endif

}  // namespace

int BitFingerprint::count() const {
  int total = 0;
  for (const std::uint64_t word : words) total += std::popcount(word);
  return total;
}

BitFingerprint morgan(const Molecule& molecule, const MorganOptions& options) {
  check(options);
  const std::unique_ptr<ExplicitBitVect> bits(RDKit::MorganFingerprints::getFingerprintAsBitVect(
      *molecule.state().mol, static_cast<unsigned int>(options.radius), static_cast<unsigned int>(options.num_bits)));
  BitFingerprint fingerprint;
  fingerprint.num_bits = options.num_bits;
  fingerprint.words.resize(static_cast<std::size_t>(options.num_bits) / 64);
  static_assert(sizeof(boost::dynamic_bitset<>::block_type) == sizeof(std::uint64_t));
  boost::to_block_range(*bits->dp_bits, fingerprint.words.begin());
  return fingerprint;
}

std::vector<std::uint32_t> morgan_counts(const Molecule& molecule, const MorganOptions& options) {
  check(options);
  const std::unique_ptr<RDKit::SparseIntVect<std::uint32_t>> sparse(RDKit::MorganFingerprints::getHashedFingerprint(
      *molecule.state().mol, static_cast<unsigned int>(options.radius), static_cast<unsigned int>(options.num_bits)));
  std::vector<std::uint32_t> counts(static_cast<std::size_t>(options.num_bits), 0);
  for (const auto& [bit, count] : sparse->getNonzeroElements()) counts[bit] = static_cast<std::uint32_t>(count);
  return counts;
}

double tanimoto(const BitFingerprint& a, const BitFingerprint& b) {
  MOLBRIDGE_CHECK(a.words.size() == b.words.size(), std::to_string(a.num_bits) + " and " + std::to_string(b.num_bits));
  const auto [both, either] = overlap_of(a.words, b.words);
  return either == 0 ? 0.0 : static_cast<double>(both) / either;
}

double max_tanimoto(const BitFingerprint& query, std::span<const BitFingerprint> others) {
  double best = 0.0;
  for (const BitFingerprint& other : others) best = std::max(best, tanimoto(query, other));
  return best;
}

std::string morgan_version() { return RDKit::MorganFingerprints::morganFingerprintVersion; }

}  // namespace molbridge::chem
