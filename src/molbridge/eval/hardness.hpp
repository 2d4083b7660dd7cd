#pragma once
// How hard a pool is by structure alone: how near its nearest decoy is to the truth. Thread-safe: pure functions.
// Source: SpecBridge, appendix A.7: Tanimoto of Morgan fingerprints of radius 2 and 4096 bits.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "molbridge/chem/fingerprint.hpp"

namespace molbridge::eval {

inline constexpr chem::MorganOptions kHardnessFingerprint{.radius = 2, .num_bits = 4096};
inline constexpr double kHardTanimoto = 0.8;

struct PoolHardness {
  std::uint64_t decoys = 0;
  double max_tanimoto = 0;  ///< of the truth to a decoy; 0 without decoys
  std::uint64_t hard = 0;   ///< decoys above the threshold
};
PoolHardness pool_hardness(const chem::BitFingerprint& truth, std::span<const chem::BitFingerprint> decoys,
                           double threshold = kHardTanimoto);

/// Over pools that have decoys; zeros for none.
struct HardnessSummary {
  std::uint64_t pools = 0;
  std::uint64_t without_decoys = 0;
  double mean_decoys = 0;
  double mean_max = 0;
  double median_max = 0;
  double mean_hard = 0;
  double share_with_hard = 0;
};
HardnessSummary summarize_hardness(std::span<const PoolHardness> pools);

/// Bins of max_tanimoto as in published tables: "<0.4", "0.4-0.5", ..., "0.9-1", "1" (a decoy with the truth's own fingerprint); each
/// holds its lower end.
std::string hardness_bin(double max_tanimoto);
const std::vector<std::string>& hardness_bins();

}  // namespace molbridge::eval
