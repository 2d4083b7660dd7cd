#include "molbridge/encoders/spectrum/peak_tokens.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

constexpr float kPrecursorIntensity = 1.1F;
constexpr int kMaxPeaks = 100000;
constexpr std::int64_t kMaxFrequencies = 100000;

double bounded(const Config& config, const std::string& key, double fallback, double low, double high) {
  const double value = config.number(key, fallback);
  if (value >= low && value <= high) return value;
  throw Error(ErrorCode::kUsage, key + " must be between " + format_shortest(low) + " and " + format_shortest(high) +
                                     ", not " + format_shortest(value))
      .in_file(config.name());
}

/// Of DreaMS. Source: docs/formats/dreams.md.
std::vector<double> dreams_periods() {
  std::vector<double> periods;
  for (int i = 2; i < 10000; i += 2) periods.push_back(1e-4 * i);
  for (int i = 2; i < 1000; ++i) periods.push_back(i);
  return periods;
}

std::vector<double> geometric_periods(const MzFourierOptions& options) {
  std::vector<double> periods;
  const double steps = static_cast<double>(std::max<std::int64_t>(options.count - 1, 1));
  const double factor = std::log(options.longest / options.shortest) / steps;
  for (std::int64_t i = 0; i < options.count; ++i)
    periods.push_back(options.shortest * std::exp(factor * static_cast<double>(i)));
  return periods;
}

bool higher(const spectra::Peak& a, const spectra::Peak& b) {
  return a.intensity != b.intensity ? a.intensity > b.intensity : a.mz < b.mz;
}

}  // namespace

std::vector<PeakToken> peak_tokens(std::span<const spectra::Peak> peaks, double precursor_mz,
                                   const PeakTokenOptions& options) {
  std::vector<spectra::Peak> kept;
  for (const spectra::Peak& peak : peaks) {
    if (peak.mz >= options.min_mz && peak.mz <= options.max_mz && peak.intensity > 0) kept.push_back(peak);
  }
  std::sort(kept.begin(), kept.end(), higher);
  const double highest = kept.empty() ? 1 : kept.front().intensity;
  if (kept.size() > static_cast<std::size_t>(options.max_peaks))
    kept.resize(static_cast<std::size_t>(options.max_peaks));
  std::sort(kept.begin(), kept.end(), [](const spectra::Peak& a, const spectra::Peak& b) {
    return a.mz != b.mz ? a.mz < b.mz : a.intensity < b.intensity;
  });
  std::vector<PeakToken> tokens;
  if (options.precursor && precursor_mz > 0) tokens.push_back({precursor_mz, kPrecursorIntensity});
  for (const spectra::Peak& peak : kept) tokens.push_back({peak.mz, static_cast<float>(peak.intensity / highest)});
  return tokens;
}

MzFourier::MzFourier(const MzFourierOptions& options) : options_(options) {
  const bool dreams = options.periods == MzFourierOptions::Periods::kDreams;
  MOLBRIDGE_CHECK(dreams || (options.count > 0 && options.shortest > 0 && options.longest >= options.shortest),
                  std::to_string(options.count));
  frequencies_ = dreams ? dreams_periods() : geometric_periods(options);
  for (double& frequency : frequencies_) frequency = 1 / frequency;
}

void MzFourier::encode(double mz, std::span<float> out) const {
  const std::size_t count = frequencies_.size();
  MOLBRIDGE_CHECK(out.size() == 2 * count, std::to_string(out.size()));
  for (std::size_t i = 0; i < count; ++i) {
    const double turns = mz * frequencies_[i];
    const auto angle = static_cast<float>(2 * std::numbers::pi * (turns - std::nearbyint(turns)));
    out[i] = std::cos(angle);
    out[count + i] = std::sin(angle);
  }
}

std::vector<float> token_features(std::span<const PeakToken> tokens, const PeakTokenOptions& options,
                                  const MzFourier* fourier) {
  const std::size_t extra = fourier != nullptr ? static_cast<std::size_t>(fourier->width()) : 0, width = 2 + extra;
  std::vector<float> out(tokens.size() * width);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    out[i * width] = static_cast<float>(tokens[i].mz / options.mz_scale);
    out[i * width + 1] = tokens[i].intensity;
    if (fourier != nullptr) fourier->encode(tokens[i].mz, std::span(out).subspan(i * width + 2, extra));
  }
  return out;
}

PeakTokenOptions read_peak_token_options(const Config& config) {
  PeakTokenOptions options;
  options.min_mz = bounded(config, "input.min_mz", options.min_mz, 0, 10000);
  options.max_mz = bounded(config, "input.max_mz", options.max_mz, std::max(1.0, options.min_mz), 10000);
  options.mz_scale = bounded(config, "input.mz_scale", options.mz_scale, 1e-3, 1e6);
  options.max_peaks = static_cast<int>(bounded(config, "input.max_peaks", options.max_peaks, 1, kMaxPeaks));
  options.precursor = config.flag("input.precursor", options.precursor);
  return options;
}

MzFourierOptions read_mz_fourier_options(const Config& config) {
  MzFourierOptions options;
  const std::string periods = config.text("input.fourier_periods", "geometric");
  if (periods != "geometric" && periods != "dreams") {
    throw Error(ErrorCode::kUsage, "input.fourier_periods = \"" + periods + "\" is not known")
        .in_file(config.name())
        .remedy("Use geometric or dreams.");
  }
  if (periods == "dreams") {
    options.periods = MzFourierOptions::Periods::kDreams;
    return options;
  }
  const double count = bounded(config, "input.fourier_count", static_cast<double>(options.count), 1,
                               static_cast<double>(kMaxFrequencies));
  options.count = static_cast<std::int64_t>(count);
  options.shortest = bounded(config, "input.fourier_shortest", options.shortest, 1e-5, 1e4);
  options.longest = bounded(config, "input.fourier_longest", options.longest, options.shortest, 1e6);
  return options;
}

void write_peak_token_options(const PeakTokenOptions& options, ConfigWriter& out) {
  out.number("input.min_mz", options.min_mz);
  out.number("input.max_mz", options.max_mz);
  out.number("input.mz_scale", options.mz_scale);
  out.integer("input.max_peaks", options.max_peaks);
  out.flag("input.precursor", options.precursor);
}

void write_mz_fourier_options(const MzFourierOptions& options, ConfigWriter& out) {
  if (options.periods == MzFourierOptions::Periods::kDreams) return out.text("input.fourier_periods", "dreams");
  out.text("input.fourier_periods", "geometric");
  out.integer("input.fourier_count", options.count);
  out.number("input.fourier_shortest", options.shortest);
  out.number("input.fourier_longest", options.longest);
}

}  // namespace molbridge::encoders
