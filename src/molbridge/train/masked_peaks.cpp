#include "molbridge/train/masked_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::train {
namespace {

bool may_be_masked(const encoders::DreamsPeak& peak) { return peak.intensity > 0 && peak.intensity < 1; }

/// The k largest of log(u) / weight are k draws without replacement with probabilities proportional to the weights (Efraimidis and Spirakis
/// 2006): no sum to keep up to date.
double draw_key(double weight, Rng& rng) { return std::log(1.0 - rng.uniform()) / weight; }

}  // namespace

MaskedPeaks parse_masked_peaks(std::string_view text) {
  for (const auto peaks : {MaskedPeaks::kByIntensity, MaskedPeaks::kAboveCutoff}) {
    if (text == name(peaks)) return peaks;
  }
  throw Error(ErrorCode::kUsage, "unknown way to mask peaks '" + std::string(text) + "'")
      .remedy("use intensity or cutoff");
}

std::string_view name(MaskedPeaks peaks) { return peaks == MaskedPeaks::kByIntensity ? "intensity" : "cutoff"; }

std::vector<std::size_t> choose_masked(std::span<const encoders::DreamsPeak> peaks, const PeakMaskingOptions& options,
                                       Rng& rng) {
  const auto candidates = static_cast<double>(std::count_if(peaks.begin(), peaks.end(), may_be_masked));
  const auto wanted = static_cast<std::size_t>(std::max(2.0, std::nearbyint(options.share * candidates)));
  const bool by_intensity = options.peaks == MaskedPeaks::kByIntensity;
  std::vector<std::pair<double, std::size_t>> keys;
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    if (!may_be_masked(peaks[i]) || (!by_intensity && peaks[i].intensity < options.cutoff)) continue;
    keys.emplace_back(draw_key(by_intensity ? peaks[i].intensity : 1.0, rng), i);
  }
  if (keys.size() > wanted) {
    std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(wanted), keys.end(),
                      [](const auto& a, const auto& b) { return a > b; });
    keys.resize(wanted);
  }
  std::vector<std::size_t> chosen;
  for (const auto& [key, place] : keys) chosen.push_back(place);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace molbridge::train
