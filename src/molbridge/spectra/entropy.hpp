#pragma once
// Spectral entropy, and the cleaning that belongs to it. Pure functions; thread-safe.
//
// Source: Li et al., "Spectral entropy outperforms MS/MS dot product similarity for small-molecule compound identification",
// Nature Methods 18 (2021); parity with the package ms_entropy is tested.

#include <limits>
#include <span>
#include <vector>

#include "molbridge/spectra/peak_window.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

struct EntropyCleaning {
  PeakWindow merge{mass::Tolerance::dalton(0.05)};          ///< peaks nearer than this become one
  double noise = 0.01;                                      ///< peaks below this share of the highest are left out
  double max_mz = std::numeric_limits<double>::infinity();  ///< Th; peaks above are left out
};

/// Peaks of no intensity and above `max_mz` go; neighbours are merged, from the most intense outward, at their intensity-weighted m/z,
/// until none are left within the window; noise goes; intensities sum to 1. Ascending m/z in and out; empty for nothing left.
std::vector<Peak> clean_for_entropy(std::span<const Peak> sorted_peaks, const EntropyCleaning& options = {});

/// -sum p ln p, natural logarithm. Requires intensities that sum to 1; 0 for no peaks.
double spectral_entropy(std::span<const Peak> cleaned);

/// Below an entropy S of 3, intensities become I^(0.25 + 0.25 S), and sum to 1 again. Requires cleaned peaks.
void weight_by_entropy(std::vector<Peak>& cleaned);

}  // namespace molbridge::spectra
