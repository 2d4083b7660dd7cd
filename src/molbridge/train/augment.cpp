#include "molbridge/train/augment.hpp"

#include <algorithm>
#include <cmath>

namespace molbridge::train {

std::vector<spectra::Peak> augmented(const std::vector<spectra::Peak>& peaks, const AugmentOptions& options, Rng& rng) {
  const auto highest = std::max_element(peaks.begin(), peaks.end(),
                                        [](const auto& a, const auto& b) { return a.intensity < b.intensity; });
  std::vector<spectra::Peak> out;
  out.reserve(peaks.size());
  for (auto peak = peaks.begin(); peak != peaks.end(); ++peak) {
    const bool drop = options.peak_dropout > 0 && rng.uniform() < options.peak_dropout;
    const double factor = options.intensity_jitter > 0 ? std::exp(options.intensity_jitter * rng.normal()) : 1;
    if (drop && peak != highest) continue;
    out.push_back(*peak);
    out.back().intensity *= factor;
  }
  return out;
}

}  // namespace molbridge::train
