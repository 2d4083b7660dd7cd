#include "molbridge/spectra/entropy.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace molbridge::spectra {
namespace {

bool is_merged(const std::vector<Peak>& peaks, const PeakWindow& window) {
  for (std::size_t i = 1; i < peaks.size(); ++i) {
    if (peaks[i].mz - peaks[i - 1].mz < window.width(peaks[i].mz)) return false;
  }
  return true;
}

/// The peaks within the window of peaks[top] as one; what they held is taken from them.
Peak take_around(std::vector<Peak>& peaks, std::size_t top, const PeakWindow& window) {
  std::size_t begin = top, end = top + 1;
  while (begin > 0 && window.match(peaks[begin - 1].mz, peaks[top].mz)) --begin;
  while (end < peaks.size() && window.match(peaks[end].mz, peaks[top].mz)) ++end;
  Peak merged;
  for (std::size_t i = begin; i < end; ++i) {
    merged.mz += peaks[i].mz * peaks[i].intensity;
    merged.intensity += peaks[i].intensity;
    peaks[i].intensity = 0;
  }
  merged.mz /= merged.intensity;
  return merged;
}

/// One pass over the peaks, the most intense first; of equal ones the last.
std::vector<Peak> merge_once(std::vector<Peak> peaks, const PeakWindow& window) {
  std::vector<std::size_t> order(peaks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return peaks[a].intensity != peaks[b].intensity ? peaks[a].intensity > peaks[b].intensity : a > b;
  });
  std::vector<Peak> merged;
  for (const std::size_t top : order) {
    if (peaks[top].intensity > 0) merged.push_back(take_around(peaks, top, window));
  }
  std::sort(merged.begin(), merged.end(), [](const Peak& a, const Peak& b) { return a.mz < b.mz; });
  return merged;
}

void scale_to_sum_one(std::vector<Peak>& peaks) {
  double sum = 0;
  for (const Peak& peak : peaks) sum += peak.intensity;
  for (Peak& peak : peaks) peak.intensity /= sum;
}

}  // namespace

std::vector<Peak> clean_for_entropy(std::span<const Peak> sorted_peaks, const EntropyCleaning& options) {
  std::vector<Peak> peaks;
  peaks.reserve(sorted_peaks.size());
  for (const Peak& peak : sorted_peaks) {
    if (peak.mz > 0 && peak.intensity > 0 && peak.mz <= options.max_mz) peaks.push_back(peak);
  }
  while (!is_merged(peaks, options.merge)) peaks = merge_once(std::move(peaks), options.merge);
  double highest = 0;
  for (const Peak& peak : peaks) highest = std::max(highest, peak.intensity);
  std::erase_if(peaks, [&](const Peak& peak) { return peak.intensity < options.noise * highest; });
  scale_to_sum_one(peaks);
  return peaks;
}

double spectral_entropy(std::span<const Peak> cleaned) {
  double entropy = 0;
  for (const Peak& peak : cleaned) entropy -= peak.intensity * std::log(peak.intensity);
  return entropy;
}

void weight_by_entropy(std::vector<Peak>& cleaned) {
  constexpr double kEnough = 3;  // from here on intensities are taken as they are
  const double entropy = spectral_entropy(cleaned);
  if (entropy >= kEnough) return;
  for (Peak& peak : cleaned) peak.intensity = std::pow(peak.intensity, 0.25 + 0.25 * entropy);
  scale_to_sum_one(cleaned);
}

}  // namespace molbridge::spectra
