#pragma once
// Centroids of profile data: one peak per sampled peak shape. For libraries that hold profile spectra; raw instrument data are
// better picked by the vendor's algorithm (msconvert). Pure function; thread-safe.

#include <vector>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// Points are grouped into runs without a gap, runs are split at valleys below half of the lower of the two tops beside them; each part
/// becomes a peak at the intensity-weighted mean m/z of its points above half height, as high as its top. Points that stand alone stay as they
/// are. Shapes: in ascending m/z, out ascending m/z, never more peaks than points. Requires finite values. Cost: one pass and a sort
/// of the gaps.
std::vector<Peak> centroid(const std::vector<Peak>& sorted_points);

}  // namespace molbridge::spectra
