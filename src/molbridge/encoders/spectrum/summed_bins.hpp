#pragma once
// A spectrum as intensities summed in bins of 1 Th: the input of the JESTR baseline.
// Source: JESTR (10.1093/bioinformatics/btaf354): bin int((m/z - 1) / 1), log10(1 + x) / 3.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/encoders/spectrum/binned_spectrum.hpp"

namespace molbridge::encoders {

inline constexpr int kMaxSummedBins = 100000;

/// `bins` bins from 1 Th on; peaks outside are left out. Intensities are scaled to 999 for the highest peak of the spectrum, so that it alone
/// in a bin gives 1 (files of other scales give the same vector). Returns the bins that are not empty.
std::vector<SparseFeature> summed_bins(std::span<const spectra::Peak> peaks, std::int64_t bins);

}  // namespace molbridge::encoders
