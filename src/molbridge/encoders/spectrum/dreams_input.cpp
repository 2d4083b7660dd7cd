#include <algorithm>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/spectrum/dreams.hpp"

namespace molbridge::encoders {
namespace {

constexpr float kPrecursorIntensity = 1.1F;

/// Indices of the n highest peaks in the order of the spectrum. Of equal ones at the cut the later win, as after a stable ascending sort.
std::vector<std::size_t> highest_peaks(std::span<const double> intensity, std::size_t n) {
  std::vector<std::size_t> order(intensity.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order.size() <= n) return order;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return intensity[a] < intensity[b]; });
  order.erase(order.begin(), order.end() - static_cast<std::ptrdiff_t>(n));
  std::sort(order.begin(), order.end());
  return order;
}

DreamsTokens own_tokens(const DreamsSpectrum& spectrum, const DreamsOptions& options) {
  MOLBRIDGE_CHECK(options.peaks > 0, std::to_string(options.peaks));
  const auto kept = highest_peaks(spectrum.intensity, static_cast<std::size_t>(options.peaks));
  double highest = 0;
  for (const std::size_t i : kept) highest = std::max(highest, spectrum.intensity[i]);
  MOLBRIDGE_CHECK(highest > 0 && spectrum.precursor_mz > 0, std::to_string(highest));
  DreamsTokens tokens;
  tokens.peaks.push_back({static_cast<float>(spectrum.precursor_mz), kPrecursorIntensity});
  for (const std::size_t i : kept) {
    tokens.peaks.push_back({static_cast<float>(spectrum.mz[i]), static_cast<float>(spectrum.intensity[i] / highest)});
  }
  if (options.padding_tokens) tokens.pads = options.peaks - static_cast<std::int64_t>(kept.size());
  return tokens;
}

DreamsTokens released_specbridge_tokens(const DreamsSpectrum& spectrum, const DreamsOptions& options) {
  DreamsTokens tokens;
  for (std::size_t i = 0; i < spectrum.mz.size(); ++i) {
    tokens.peaks.push_back({static_cast<float>(spectrum.mz[i]), static_cast<float>(spectrum.intensity[i])});
  }
  const std::int64_t length = spectrum.padded_to > 0 ? spectrum.padded_to : options.peaks;
  if (options.padding_tokens)
    tokens.pads = std::max<std::int64_t>(0, length - static_cast<std::int64_t>(tokens.peaks.size()));
  return tokens;
}

}  // namespace

DreamsInput parse_dreams_input(std::string_view text) {
  for (const auto input : {DreamsInput::kDreams, DreamsInput::kSpecBridge}) {
    if (text == name(input)) return input;
  }
  throw Error(ErrorCode::kUsage, "unknown input convention '" + std::string(text) + "'")
      .remedy("use dreams or specbridge");
}

std::string_view name(DreamsInput input) { return input == DreamsInput::kDreams ? "dreams" : "specbridge"; }

double dreams_precursor(std::span<const double> mz, double precursor_mz) {
  if (precursor_mz > 0 || mz.empty()) return precursor_mz;
  return *std::max_element(mz.begin(), mz.end());
}

DreamsTokens dreams_tokens(const DreamsSpectrum& spectrum, const DreamsOptions& options) {
  MOLBRIDGE_CHECK(spectrum.mz.size() == spectrum.intensity.size() && !spectrum.mz.empty(),
                  std::to_string(spectrum.mz.size()));
  return options.input == DreamsInput::kDreams ? own_tokens(spectrum, options)
                                               : released_specbridge_tokens(spectrum, options);
}

}  // namespace molbridge::encoders
