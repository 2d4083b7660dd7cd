#pragma once
// What the second stage sees of a spectrum: its strongest peaks below the precursor, and the conditions under which they were made.

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "molbridge/fragment/peak_matcher.hpp"
#include "molbridge/spectra/acquisition.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::fragment {

/// Conditions, in this order: positive, negative; adduct [M+H]+, [M-H]-, with a metal, [M+NH4]+, a permanent or radical ion, with a loss, other;
/// collision energy known, its value / 50 eV (at most 3), its square; instrument class one-hot (5); several charges; precursor m/z / 1000.
inline constexpr int kConditions = 19;

struct Observation {
  std::vector<double> mz;        ///< Th, ascending
  std::vector<float> intensity;  ///< relative to the strongest peak that is kept, 0 to 1
  std::vector<float> weight;     ///< square roots of the intensities, summing to 1
  double precursor_mz = 0;
  IonContext ion;
  std::array<float, kConditions> conditions{};
};

/// What is known of a peak beside its fragments: m/z / 1000, m/z / precursor m/z, log of the intensity.
std::array<float, 3> peak_features(const Observation& observation, std::size_t peak);

struct ObservationOptions {
  int max_peaks = 60;
  double min_intensity = 0.002;  ///< relative to the strongest
  double below_precursor = 0.6;  ///< Th; peaks above precursor - this tell nothing of the structure
};

/// May have no peaks. The adduct is the hypothesis under which the candidates are considered.
Observation observe(const spectra::Spectrum& spectrum, double precursor_mz, const mass::Adduct& adduct,
                    const ObservationOptions& options = {});
Observation observe(std::span<const spectra::Peak> measured, const spectra::Acquisition& acquisition,
                    double precursor_mz, const mass::Adduct& adduct, const ObservationOptions& options = {});

}  // namespace molbridge::fragment
