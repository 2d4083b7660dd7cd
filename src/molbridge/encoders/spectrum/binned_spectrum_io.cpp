#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"

#include <algorithm>
#include <cstring>

#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

constexpr const char* kPeakBins = "input.peak_bins";
constexpr const char* kLossBins = "input.loss_bins";

double bounded(const Config& config, const std::string& key, double fallback, double low, double high) {
  const double value = config.number(key, fallback);
  if (value >= low && value <= high) return value;
  throw Error(ErrorCode::kUsage, key + " must be between " + format_shortest(low) + " and " + format_shortest(high) +
                                     ", not " + format_shortest(value))
      .in_file(config.name());
}

void write_bins(nn::SafetensorsWriter& weights, const char* name, const std::vector<std::int32_t>& bins) {
  weights.add(name, nn::ElementType::kI32, {static_cast<std::int64_t>(bins.size())}, std::as_bytes(std::span(bins)));
}

std::vector<std::int32_t> bins_from(const nn::SafetensorsFile& file, const std::string& name) {
  const nn::TensorView& view = file.at(name);
  if (view.type != nn::ElementType::kI32 || view.shape.size() != 1) {
    throw Error(ErrorCode::kModel, "tensor " + name + " is not a list of bins").in_file(file.path());
  }
  std::vector<std::int32_t> bins(view.bytes.size() / sizeof(std::int32_t));
  if (!bins.empty()) std::memcpy(bins.data(), view.bytes.data(), view.bytes.size());
  if (!std::is_sorted(bins.begin(), bins.end())) {
    throw Error(ErrorCode::kModel, "tensor " + name + " is not ascending").in_file(file.path());
  }
  return bins;
}

}  // namespace

BinnedSpectrumOptions read_binned_options(const Config& config) {
  BinnedSpectrumOptions options;
  options.bin_width = bounded(config, "input.bin_width", options.bin_width, 0.005, 10);
  options.max_mz = bounded(config, "input.max_mz", options.max_mz, 50, 10000);
  options.max_loss = bounded(config, "input.max_loss", options.max_loss, 0, 10000);
  options.max_peaks = static_cast<int>(bounded(config, "input.max_peaks", options.max_peaks, 1, 100000));
  options.max_features = static_cast<int>(bounded(config, "input.max_features", options.max_features, 1, 10'000'000));
  options.min_molecules = static_cast<int>(bounded(config, "input.min_molecules", options.min_molecules, 1, 1'000'000));
  return options;
}

void write_binned_spectrum(const BinnedSpectrum& encoder, ConfigWriter& manifest, nn::SafetensorsWriter& weights) {
  const BinnedSpectrumOptions& options = encoder.options();
  manifest.text("input.kind", "binned-spectrum");
  manifest.number("input.bin_width", options.bin_width);
  manifest.number("input.max_mz", options.max_mz);
  manifest.number("input.max_loss", options.max_loss);
  manifest.integer("input.max_peaks", options.max_peaks);
  manifest.integer("input.max_features", options.max_features);
  manifest.integer("input.min_molecules", options.min_molecules);
  manifest.texts("input.adducts", encoder.adducts());
  write_bins(weights, kPeakBins, encoder.peak_bins());
  write_bins(weights, kLossBins, encoder.loss_bins());
}

BinnedSpectrum read_binned_spectrum(const nn::ModelFolder& folder) {
  return BinnedSpectrum(read_binned_options(folder.manifest), bins_from(folder.weights, kPeakBins),
                        bins_from(folder.weights, kLossBins), folder.manifest.texts("input.adducts"));
}

}  // namespace molbridge::encoders
