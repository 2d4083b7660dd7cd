#include "molbridge/eval/hardness.hpp"

#include <algorithm>

namespace molbridge::eval {
namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

PoolHardness pool_hardness(const chem::BitFingerprint& truth, std::span<const chem::BitFingerprint> decoys,
                           double threshold) {
  PoolHardness out;
  out.decoys = decoys.size();
  for (const chem::BitFingerprint& decoy : decoys) {
    const double similarity = chem::tanimoto(truth, decoy);
    out.max_tanimoto = std::max(out.max_tanimoto, similarity);
    if (similarity > threshold) ++out.hard;
  }
  return out;
}

HardnessSummary summarize_hardness(std::span<const PoolHardness> pools) {
  HardnessSummary out;
  std::vector<double> largest;
  for (const PoolHardness& pool : pools) {
    if (pool.decoys == 0) {
      ++out.without_decoys;
      continue;
    }
    largest.push_back(pool.max_tanimoto);
    out.mean_decoys += static_cast<double>(pool.decoys);
    out.mean_max += pool.max_tanimoto;
    out.mean_hard += static_cast<double>(pool.hard);
    out.share_with_hard += pool.hard > 0 ? 1 : 0;
  }
  out.pools = largest.size();
  if (largest.empty()) return out;
  for (double* sum : {&out.mean_decoys, &out.mean_max, &out.mean_hard, &out.share_with_hard}) {
    *sum /= static_cast<double>(largest.size());
  }
  out.median_max = median(std::move(largest));
  return out;
}

const std::vector<std::string>& hardness_bins() {
  static const std::vector<std::string> kBins{"<0.4",    "0.4-0.5", "0.5-0.6", "0.6-0.7",
                                              "0.7-0.8", "0.8-0.9", "0.9-1",   "1"};
  return kBins;
}

std::string hardness_bin(double max_tanimoto) {
  constexpr double kLower[] = {0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};
  std::size_t bin = 0;
  while (bin < std::size(kLower) && max_tanimoto >= kLower[bin]) ++bin;
  return hardness_bins()[bin];
}

}  // namespace molbridge::eval
