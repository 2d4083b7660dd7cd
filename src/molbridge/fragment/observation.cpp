#include "molbridge/fragment/observation.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/spectra/strongest.hpp"

namespace molbridge::fragment {
namespace {

constexpr int kAdductKinds = 7;
static_assert(2 + kAdductKinds + 3 + spectra::kNumAnalysers + 2 == kConditions);

/// 0 [M+H]+, 1 [M-H]-, 2 metal, 3 [M+NH4]+, 4 [M]+ and the like, 5 with a loss of more than H, 6 other.
int adduct_kind(const mass::Adduct& adduct, const IonContext& ion) {
  const std::string spelling = adduct.str();
  if (spelling == "[M+H]+") return 0;
  if (spelling == "[M-H]-") return 1;
  if (ion.metal_mass > 0) return 2;
  if (spelling == "[M+NH4]+" || spelling == "[M+H4N]+") return 3;
  if (adduct.gained().empty() && adduct.lost().empty()) return 4;
  const bool heavy_loss = std::any_of(adduct.lost().counts().begin(), adduct.lost().counts().end(),
                                      [](const auto& part) { return part.first.atomic_number > 1; });
  return heavy_loss ? 5 : 6;
}

std::array<float, kConditions> conditions_of(const spectra::Acquisition& acquisition, double precursor_mz,
                                             const mass::Adduct& adduct, const IonContext& ion) {
  std::array<float, kConditions> out{};
  out[adduct.charge() > 0 ? 0 : 1] = 1;
  out[static_cast<std::size_t>(2 + adduct_kind(adduct, ion))] = 1;
  if (const double energy = acquisition.electron_volts(precursor_mz); energy > 0) {
    const auto scaled = static_cast<float>(std::min(energy / 50.0, 3.0));
    out[2 + kAdductKinds] = 1;
    out[3 + kAdductKinds] = scaled;
    out[4 + kAdductKinds] = scaled * scaled;
  }
  out[5 + kAdductKinds + static_cast<std::size_t>(acquisition.analyser)] = 1;
  out[kConditions - 2] = std::abs(adduct.charge()) > 1 ? 1 : 0;
  out[kConditions - 1] = static_cast<float>(std::min(precursor_mz / 1000, 3.0));
  return out;
}

}  // namespace

std::array<float, 3> peak_features(const Observation& observation, std::size_t peak) {
  return {static_cast<float>(observation.mz[peak] / 1000),
          static_cast<float>(observation.mz[peak] / observation.precursor_mz), std::log(observation.intensity[peak])};
}

Observation observe(const spectra::Spectrum& spectrum, double precursor_mz, const mass::Adduct& adduct,
                    const ObservationOptions& options) {
  return observe(spectrum.peaks, spectra::acquisition(spectrum), precursor_mz, adduct, options);
}

Observation observe(std::span<const spectra::Peak> measured, const spectra::Acquisition& acquisition,
                    double precursor_mz, const mass::Adduct& adduct, const ObservationOptions& options) {
  Observation out;
  out.precursor_mz = precursor_mz;
  out.ion = IonContext::of(adduct);
  out.conditions = conditions_of(acquisition, precursor_mz, adduct, out.ion);
  std::vector<spectra::Peak> peaks;
  const double highest = std::abs(adduct.charge()) > 1 ? 1e9 : precursor_mz - options.below_precursor;
  double strongest = 0;
  for (const auto& peak : measured) {
    if (peak.mz > highest || peak.intensity <= 0) continue;
    peaks.push_back(peak);
    strongest = std::max(strongest, peak.intensity);
  }
  std::erase_if(peaks, [&](const auto& peak) { return peak.intensity < options.min_intensity * strongest; });
  spectra::keep_strongest(peaks, static_cast<std::size_t>(options.max_peaks));
  double sum = 0;
  for (const auto& peak : peaks) sum += std::sqrt(peak.intensity);
  for (const auto& peak : peaks) {
    out.mz.push_back(peak.mz);
    out.intensity.push_back(static_cast<float>(peak.intensity / strongest));
    out.weight.push_back(static_cast<float>(std::sqrt(peak.intensity) / sum));
  }
  return out;
}

}  // namespace molbridge::fragment
