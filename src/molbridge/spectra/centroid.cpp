#include "molbridge/spectra/centroid.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace molbridge::spectra {
namespace {

constexpr double kLargestGap = 0.2;  // Th; quadrupole profiles are sampled at 0.1
constexpr double kGapInSteps = 4;    // a gap of more than four typical steps ends a peak shape
constexpr double kValley = 0.5;      // of the lower of two neighbouring tops

/// The gap that ends a run: a few times the typical step between neighbouring samples.
double run_gap(const std::vector<Peak>& points) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double step = points[i].mz - points[i - 1].mz;
    if (step > 0 && step <= kLargestGap) steps.push_back(step);
  }
  if (steps.empty()) return 0;
  // The lower quartile: steps across removed low points make the median too large in thresholded profiles.
  const auto quartile = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 4);
  std::nth_element(steps.begin(), quartile, steps.end());
  return std::min(kLargestGap, kGapInSteps * *quartile);
}

Peak peak_of(std::span<const Peak> part) {
  const auto top = std::max_element(part.begin(), part.end(),
                                    [](const Peak& a, const Peak& b) { return a.intensity < b.intensity; });
  double weight = 0, sum = 0;
  for (const Peak& point : part) {
    if (point.intensity < top->intensity / 2) continue;
    weight += point.intensity;
    sum += point.intensity * (point.mz - top->mz);
  }
  return {weight > 0 ? top->mz + sum / weight : top->mz, top->intensity};
}

/// Cuts a run where the signal falls below half of what stands on both sides.
void split_run(std::span<const Peak> run, std::vector<Peak>& out) {
  std::size_t begin = 0;
  std::size_t valley = 0;
  double top = run[0].intensity;     // highest since `begin`
  double lowest = run[0].intensity;  // lowest since that top
  for (std::size_t i = 1; i < run.size(); ++i) {
    const double intensity = run[i].intensity;
    if (intensity > top && lowest >= kValley * top) {
      top = lowest = intensity;
      valley = i;
      continue;
    }
    if (intensity < lowest) {
      lowest = intensity;
      valley = i;
    } else if (lowest < kValley * std::min(top, intensity)) {
      out.push_back(peak_of(run.subspan(begin, valley - begin)));
      begin = valley;
      top = lowest = intensity;
    }
  }
  out.push_back(peak_of(run.subspan(begin)));
}

}  // namespace

std::vector<Peak> centroid(const std::vector<Peak>& sorted_points) {
  std::vector<Peak> out;
  const double gap = run_gap(sorted_points);
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= sorted_points.size(); ++i) {
    if (i < sorted_points.size() && sorted_points[i].mz - sorted_points[i - 1].mz <= gap) continue;
    split_run(std::span(sorted_points).subspan(begin, i - begin), out);
    begin = i;
  }
  std::erase_if(out, [](const Peak& peak) { return peak.intensity <= 0; });
  std::sort(out.begin(), out.end(), [](const Peak& a, const Peak& b) { return a.mz < b.mz; });
  return out;
}

}  // namespace molbridge::spectra
