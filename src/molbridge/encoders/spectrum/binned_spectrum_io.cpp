#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"

#include <algorithm>
#include <cstring>

#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

constexpr const char* kPeakBins = "input.peak_bins";
constexpr const char* kLossBins = "input.loss_bins";
constexpr const char* kExactPeaks = "input.exact_peaks";
constexpr const char* kExactLosses = "input.exact_losses";

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

void write_masses(nn::SafetensorsWriter& weights, const char* name, const std::vector<double>& masses) {
  if (masses.empty()) return;
  weights.add(name, nn::ElementType::kF64, {static_cast<std::int64_t>(masses.size())},
              std::as_bytes(std::span(masses)));
}

std::vector<double> masses_from(const nn::SafetensorsFile& file, const std::string& name) {
  if (!file.has(name)) return {};
  const nn::TensorView& view = file.at(name);
  if (view.type != nn::ElementType::kF64 || view.shape.size() != 1)
    throw Error(ErrorCode::kModel, "tensor " + name + " is not a list of masses").in_file(file.path());
  std::vector<double> masses(view.bytes.size() / sizeof(double));
  std::memcpy(masses.data(), view.bytes.data(), view.bytes.size());
  const bool finite = std::all_of(masses.begin(), masses.end(), [](double m) { return m >= 0 && m < 1e6; });
  if (!finite || !std::is_sorted(masses.begin(), masses.end()))
    throw Error(ErrorCode::kModel, "tensor " + name + " is not ascending").in_file(file.path());
  return masses;
}

}  // namespace

BinnedSpectrumOptions read_binned_options(const Config& config) {
  BinnedSpectrumOptions options;
  options.bin_width = bounded(config, "input.bin_width", options.bin_width, 0.005, 10);
  options.max_mz = bounded(config, "input.max_mz", options.max_mz, 50, 10000);
  options.max_loss = bounded(config, "input.max_loss", options.max_loss, 0, 10000);
  options.max_peaks = static_cast<int>(bounded(config, "input.max_peaks", options.max_peaks, 0, 100000));
  options.max_features = static_cast<int>(bounded(config, "input.max_features", options.max_features, 1, 10'000'000));
  options.min_molecules = static_cast<int>(bounded(config, "input.min_molecules", options.min_molecules, 1, 1'000'000));
  options.acquisition = config.flag("input.acquisition", options.acquisition);
  options.max_exact_peaks = static_cast<int>(bounded(config, "input.max_exact_peaks", 0, 0, 1'000'000));
  options.max_exact_losses = static_cast<int>(bounded(config, "input.max_exact_losses", 0, 0, 1'000'000));
  options.exact_ppm = bounded(config, "input.exact_ppm", options.exact_ppm, 1, 100);
  options.exact_floor = bounded(config, "input.exact_floor", options.exact_floor, 1e-4, 0.1);
  options.exact_loss_width = bounded(config, "input.exact_loss_width", options.exact_loss_width, 1e-4, 0.1);
  return options;
}

void write_binned_extras(const BinnedSpectrumOptions& options, ConfigWriter& out) {
  const BinnedSpectrumOptions usual;
  if (options.acquisition) out.flag("input.acquisition", true);
  if (options.max_exact_peaks != 0) out.integer("input.max_exact_peaks", options.max_exact_peaks);
  if (options.max_exact_losses != 0) out.integer("input.max_exact_losses", options.max_exact_losses);
  if (options.exact_ppm != usual.exact_ppm) out.number("input.exact_ppm", options.exact_ppm);
  if (options.exact_floor != usual.exact_floor) out.number("input.exact_floor", options.exact_floor);
  if (options.exact_loss_width != usual.exact_loss_width)
    out.number("input.exact_loss_width", options.exact_loss_width);
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
  write_binned_extras(options, manifest);
  manifest.texts("input.adducts", encoder.adducts());
  write_bins(weights, kPeakBins, encoder.peak_bins());
  write_bins(weights, kLossBins, encoder.loss_bins());
  write_masses(weights, kExactPeaks, encoder.exact_peaks());
  write_masses(weights, kExactLosses, encoder.exact_losses());
}

BinnedSpectrum read_binned_spectrum(const nn::ModelFolder& folder) {
  return BinnedSpectrum(read_binned_options(folder.manifest), bins_from(folder.weights, kPeakBins),
                        bins_from(folder.weights, kLossBins), folder.manifest.texts("input.adducts"),
                        {masses_from(folder.weights, kExactPeaks), masses_from(folder.weights, kExactLosses)});
}

}  // namespace molbridge::encoders
