#pragma once
// Spectra as another measurement might have shown them: some peaks missing, intensities off.

#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::train {

struct AugmentOptions {
  double peak_dropout = 0;      ///< share of peaks left out, each by itself; the highest always stays
  double intensity_jitter = 0;  ///< standard deviation of the logarithm by which each intensity is multiplied
  bool any() const { return peak_dropout > 0 || intensity_jitter > 0; }
};

/// Keeps the order; never empty for a spectrum that is not.
std::vector<spectra::Peak> augmented(const std::vector<spectra::Peak>& peaks, const AugmentOptions& options, Rng& rng);

}  // namespace molbridge::train
