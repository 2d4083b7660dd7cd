#pragma once
// Which peaks of a spectrum are hidden from a network that learns to tell their m/z. Source: DreaMS' pre-training (docs/training.md).

#include <span>
#include <string_view>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/spectrum/dreams.hpp"

namespace molbridge::train {

enum class MaskedPeaks {
  kByIntensity,  ///< drawn with a probability proportional to their intensity
  kAboveCutoff,  ///< drawn alike from those of at least `cutoff`
};
/// "intensity", "cutoff". Errors: kUsage with the list.
MaskedPeaks parse_masked_peaks(std::string_view text);
std::string_view name(MaskedPeaks peaks);

struct PeakMaskingOptions {
  MaskedPeaks peaks = MaskedPeaks::kByIntensity;
  double share = 0.3;       ///< of the peaks that may be hidden, rounded half to even; 2 at least
  double cutoff = 0.1;      ///< relative intensity
  float masked_mz = -1.0F;  ///< what stands in place of the m/z; the intensity stays
};

/// Places of the hidden peaks in `peaks`, ascending. Neither the precursor (intensity above 1) nor the base peaks (1) may be hidden; where no more
/// than the wanted number may be, all are.
std::vector<std::size_t> choose_masked(std::span<const encoders::DreamsPeak> peaks, const PeakMaskingOptions& options,
                                       Rng& rng);

}  // namespace molbridge::train
