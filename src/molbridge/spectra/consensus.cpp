#include "molbridge/spectra/consensus.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::spectra {
namespace {

constexpr double kBasePeak = 1000;

/// Relative peaks of all spectra, ascending in m/z, then intensity: equal ones cannot be told apart, so any order of the input gives
/// the same list.
std::vector<Peak> pooled_peaks(std::span<const Spectrum> spectra) {
  std::vector<Peak> peaks;
  for (const Spectrum& spectrum : spectra) {
    double highest = 0;
    for (const Peak& peak : spectrum.peaks) highest = std::max(highest, peak.intensity);
    for (const Peak& peak : spectrum.peaks) {
      if (peak.intensity > 0) peaks.push_back({peak.mz, kBasePeak * peak.intensity / highest});
    }
  }
  std::sort(peaks.begin(), peaks.end(),
            [](const Peak& a, const Peak& b) { return std::tie(a.mz, a.intensity) < std::tie(b.mz, b.intensity); });
  return peaks;
}

std::vector<std::size_t> highest_first(const std::vector<Peak>& peaks) {
  std::vector<std::size_t> order(peaks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return peaks[a].intensity > peaks[b].intensity; });
  return order;
}

/// The peak of all that is left within `width` of the seed, which is then used up.
Peak gather(const std::vector<Peak>& peaks, std::vector<bool>& used, double seed_mz, double width) {
  Peak sum;
  auto at = std::lower_bound(peaks.begin(), peaks.end(), seed_mz - width,
                             [](const Peak& peak, double mz) { return peak.mz < mz; });
  for (; at != peaks.end() && at->mz <= seed_mz + width; ++at) {
    const auto index = static_cast<std::size_t>(at - peaks.begin());
    if (used[index]) continue;
    used[index] = true;
    sum.mz += at->mz * at->intensity;
    sum.intensity += at->intensity;
  }
  return {sum.mz / sum.intensity, sum.intensity};
}

std::vector<Peak> merged_peaks(std::span<const Spectrum> spectra, const ConsensusOptions& options) {
  const std::vector<Peak> peaks = pooled_peaks(spectra);
  std::vector<bool> used(peaks.size());
  std::vector<Peak> merged;
  for (const std::size_t seed : highest_first(peaks)) {
    if (used[seed]) continue;
    const double mz = peaks[seed].mz;
    Peak peak = gather(peaks, used, mz, std::max(mz * options.ppm * 1e-6, options.da));
    peak.intensity /= static_cast<double>(spectra.size());
    merged.push_back(peak);
  }
  std::sort(merged.begin(), merged.end(),
            [](const Peak& a, const Peak& b) { return std::tie(a.mz, a.intensity) < std::tie(b.mz, b.intensity); });
  return merged;
}

std::optional<double> lower_median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

/// The value that all spectra state which state one; `unknown` where they differ.
template <typename T>
T agreed(std::span<const Spectrum> spectra, T Spectrum::*member, const T& unknown) {
  T found = unknown;
  for (const Spectrum& spectrum : spectra) {
    const T& value = spectrum.*member;
    if (value == unknown) continue;
    if (found != unknown && found != value) return unknown;
    found = value;
  }
  return found;
}

std::vector<Field> common_fields(const Spectrum& first, std::span<const Spectrum> spectra) {
  std::vector<Field> fields;
  for (const Field& field : first.fields) {
    const bool common = std::all_of(spectra.begin(), spectra.end(),
                                    [&](const Spectrum& other) { return other.field(field.key) == field.value; });
    if (common) fields.push_back(field);
  }
  return fields;
}

}  // namespace

Spectrum consensus(std::span<const Spectrum> spectra, const ConsensusOptions& options) {
  MOLBRIDGE_CHECK(!spectra.empty(), "a consensus of no spectra");
  const Spectrum& first = *std::min_element(spectra.begin(), spectra.end(), [](const Spectrum& a, const Spectrum& b) {
    return std::tie(a.id, a.source, a.index) < std::tie(b.id, b.source, b.index);
  });
  Spectrum out;
  out.id = first.id;
  out.source = first.source;
  out.index = first.index;
  out.line = first.line;
  out.ms_level = first.ms_level;
  std::vector<double> precursors;
  for (const Spectrum& spectrum : spectra) {
    if (spectrum.precursor_mz) precursors.push_back(*spectrum.precursor_mz);
  }
  out.precursor_mz = lower_median(std::move(precursors));
  out.charge = agreed(spectra, &Spectrum::charge, 0);
  out.ion_mode = agreed(spectra, &Spectrum::ion_mode, mass::IonMode::kUnknown);
  out.adduct = agreed(spectra, &Spectrum::adduct, std::string());
  out.fields = common_fields(first, spectra);
  out.peaks = merged_peaks(spectra, options);
  return out;
}

}  // namespace molbridge::spectra
