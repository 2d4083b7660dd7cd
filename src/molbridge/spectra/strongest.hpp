#pragma once
// The strongest peaks of a spectrum. Pure function; thread-safe.

#include <cstddef>
#include <vector>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// Leaves the `most` strongest, in ascending m/z; of equal ones those of lower m/z. Requires ascending m/z.
void keep_strongest(std::vector<Peak>& peaks, std::size_t most);

}  // namespace molbridge::spectra
