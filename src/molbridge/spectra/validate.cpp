#include "molbridge/spectra/validate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/spectra/centroid.hpp"

namespace molbridge::spectra {
namespace {

std::string value_problem(double value, double largest, bool zero_allowed) {
  if (std::isnan(value)) return "is not a number";
  if (std::isinf(value)) return "is infinite";
  if (value < 0) return "is negative (" + format_shortest(value) + ")";
  if (value == 0 && !zero_allowed) return "is 0";
  if (value > largest) return "is beyond every instrument (" + format_shortest(value) + ")";
  return "";
}

std::string peak_problem(const std::vector<Peak>& peaks) {
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    const Peak& peak = peaks[i];
    if (peak.mz > 0 && peak.mz <= kMaxMz && peak.intensity >= 0 && peak.intensity <= kMaxIntensity) continue;
    const std::string where = "peak " + std::to_string(i + 1) + ": ";
    const std::string mz = value_problem(peak.mz, kMaxMz, false);
    return where + (mz.empty() ? "intensity " + value_problem(peak.intensity, kMaxIntensity, true) : "m/z " + mz);
  }
  return "";
}

/// Stable, so that equal inputs give equal outputs whatever the order of equal m/z.
void sort_peaks(Spectrum& spectrum) {
  const auto by_mz = [](const Peak& a, const Peak& b) { return a.mz < b.mz; };
  if (std::is_sorted(spectrum.peaks.begin(), spectrum.peaks.end(), by_mz)) return;
  if (spectrum.peak_annotations.empty()) {
    std::stable_sort(spectrum.peaks.begin(), spectrum.peaks.end(), by_mz);
    return;
  }
  std::vector<std::size_t> order(spectrum.peaks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return by_mz(spectrum.peaks[a], spectrum.peaks[b]); });
  std::vector<Peak> peaks;
  std::vector<std::string> annotations;
  peaks.reserve(order.size());
  annotations.reserve(order.size());
  for (const std::size_t i : order) {
    peaks.push_back(spectrum.peaks[i]);
    annotations.push_back(std::move(spectrum.peak_annotations[i]));
  }
  spectrum.peaks = std::move(peaks);
  spectrum.peak_annotations = std::move(annotations);
}

void drop_empty_annotations(Spectrum& spectrum) {
  std::vector<std::string>& texts = spectrum.peak_annotations;
  if (std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return text.empty(); })) texts.clear();
}

void set_default_id(Spectrum& spectrum) {
  if (spectrum.id.empty()) spectrum.id = "index=" + std::to_string(spectrum.index);
}

void centroid_in_place(Spectrum& spectrum) {
  const std::string note = "from " + std::to_string(spectrum.peaks.size()) + " profile points";
  spectrum.peaks = centroid(spectrum.peaks);
  spectrum.peak_annotations.clear();  // they belonged to the points
  spectrum.fields.push_back({"centroided", "CENTROIDED", note});
}

}  // namespace

SkippedSpectrum skip(const Spectrum& spectrum, std::string reason) {
  std::string id = spectrum.id.empty() ? "index=" + std::to_string(spectrum.index) : spectrum.id;
  return {std::move(id), spectrum.index, spectrum.source, spectrum.line, std::move(reason), false};
}

SkippedSpectrum damaged(const Spectrum& spectrum, std::string what) {
  SkippedSpectrum record = skip(spectrum, std::move(what));
  record.damaged_input = true;
  return record;
}

Record finish_record(Spectrum spectrum, const ReadOptions& options, bool declared_profile) {
  MOLBRIDGE_CHECK(spectrum.peak_annotations.empty() || spectrum.peak_annotations.size() == spectrum.peaks.size(),
                  std::to_string(spectrum.peak_annotations.size()));
  set_default_id(spectrum);
  drop_empty_annotations(spectrum);
  if (spectrum.peaks.empty()) return skip(spectrum, "no peaks");
  if (spectrum.peaks.size() > options.max_peaks) {
    return skip(spectrum, format_count(spectrum.peaks.size()) + " peaks, more than the limit of " +
                              format_count(options.max_peaks));
  }
  if (std::string problem = peak_problem(spectrum.peaks); !problem.empty()) return skip(spectrum, std::move(problem));
  sort_peaks(spectrum);
  if (std::all_of(spectrum.peaks.begin(), spectrum.peaks.end(), [](const Peak& peak) { return peak.intensity == 0; })) {
    return skip(spectrum, "all intensities are 0");
  }
  const bool profile = declared_profile || looks_like_profile(spectrum.peaks);
  if (profile && options.centroid_profile) {
    centroid_in_place(spectrum);
  } else if (profile && options.refuse_profile) {
    return skip(spectrum, profile_reason(spectrum.source, spectrum.peaks.size()));
  }
  return spectrum;
}

}  // namespace molbridge::spectra
