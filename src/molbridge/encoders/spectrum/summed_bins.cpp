#include "molbridge/encoders/spectrum/summed_bins.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace molbridge::encoders {
namespace {

constexpr double kFullScale = 999;

}  // namespace

std::vector<SparseFeature> summed_bins(std::span<const spectra::Peak> peaks, std::int64_t bins) {
  double highest = 0;
  for (const spectra::Peak& peak : peaks) highest = std::max(highest, peak.intensity);
  std::map<std::int32_t, double> sums;
  for (const spectra::Peak& peak : peaks) {
    if (peak.mz < 1 || peak.mz - 1 >= static_cast<double>(bins) || !(peak.intensity > 0)) continue;
    sums[static_cast<std::int32_t>(peak.mz - 1)] += kFullScale * (peak.intensity / highest);
  }
  std::vector<SparseFeature> out;
  for (const auto& [bin, sum] : sums) out.push_back({bin, static_cast<float>(std::log10(1 + sum) / 3)});
  return out;
}

}  // namespace molbridge::encoders
