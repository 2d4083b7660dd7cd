#pragma once
// One spectrum of several of the same ion: replicates, energies, instruments. Pure function; thread-safe.

#include <span>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// Peaks belong together when their m/z differ by at most the larger of the two.
struct ConsensusOptions {
  double ppm = 10;
  double da = 0.005;  ///< Th
};

/// Intensities of each spectrum are taken relative to its highest peak (1000). From the highest peak down, a peak gathers what is left
/// within the tolerance of it, from every spectrum, and becomes one peak: its m/z is the mean weighted by intensity, its intensity the
/// sum divided by the number of spectra. So a peak of one spectrum only is kept, damped. The result does not depend on the order of
/// the spectra. The precursor m/z is the lower median of those stated; charge, adduct and ion mode stay where all that state one agree;
/// fields stay where all spectra have the same; id, source and place are those of the spectrum with the smallest id.
/// Requires at least one spectrum. Cost: P log P over all peaks.
Spectrum consensus(std::span<const Spectrum> spectra, const ConsensusOptions& options = {});

}  // namespace molbridge::spectra
