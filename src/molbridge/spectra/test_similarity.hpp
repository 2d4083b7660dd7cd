#pragma once
// Spectra made up for the tests of similarities: families that share peaks, some of them crowded.

#include <algorithm>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

struct TestSpectrum {
  std::vector<Peak> peaks;
  double precursor_mz = 0;
};

inline void sort_peaks(std::vector<Peak>& peaks) {
  std::sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) { return a.mz < b.mz; });
}

/// `families` times `members`; m/z of a family lie on common anchors, moved a little, or by the difference of the precursors.
inline std::vector<TestSpectrum> make_families(std::size_t families, std::size_t members, std::uint64_t seed) {
  Rng rng(seed, "families");
  std::vector<TestSpectrum> out;
  for (std::size_t f = 0; f < families; ++f) {
    const double precursor = 150 + 500 * rng.uniform();
    std::vector<double> anchors(1 + rng.below(20));
    for (double& anchor : anchors) anchor = 50 + (precursor - 50) * rng.uniform();
    if (f % 3 == 0) {
      const std::size_t count = anchors.size();
      for (std::size_t i = 0; i < count; ++i) anchors.push_back(anchors[i] + 0.03 * rng.uniform());
    }
    for (std::size_t m = 0; m < members; ++m) {
      const double shift = rng.below(3) == 0 ? 14.01565 : 0;
      TestSpectrum spectrum{{}, m == 0 && f % 7 == 0 ? 0 : precursor + shift};
      for (const double anchor : anchors) {
        const double moved = rng.below(2) == 0 ? shift : 0;
        spectrum.peaks.push_back({anchor + moved + 0.004 * rng.normal(), 1 + 999 * rng.uniform()});
      }
      sort_peaks(spectrum.peaks);
      out.push_back(std::move(spectrum));
    }
  }
  return out;
}

}  // namespace molbridge::spectra
