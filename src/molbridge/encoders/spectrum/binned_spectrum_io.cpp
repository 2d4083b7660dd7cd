#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"

#include <algorithm>

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

torch::Tensor bins_tensor(const std::vector<std::int32_t>& bins) {
  torch::Tensor tensor = torch::empty({static_cast<std::int64_t>(bins.size())}, torch::kInt32);
  std::copy(bins.begin(), bins.end(), tensor.data_ptr<std::int32_t>());
  return tensor;
}

std::vector<std::int32_t> bins_from(const nn::SafetensorsFile& file, const std::string& name) {
  const torch::Tensor tensor = nn::load_tensor(file, name);
  if (tensor.scalar_type() != torch::kInt32 || tensor.dim() != 1) {
    throw Error(ErrorCode::kModel, "tensor " + name + " is not a list of bins").in_file(file.path());
  }
  std::vector<std::int32_t> bins(tensor.data_ptr<std::int32_t>(), tensor.data_ptr<std::int32_t>() + tensor.numel());
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

void write_binned_spectrum(const BinnedSpectrum& encoder, ConfigWriter& manifest, nn::NamedTensors& weights) {
  const BinnedSpectrumOptions& options = encoder.options();
  manifest.text("input.kind", "binned-spectrum");
  manifest.number("input.bin_width", options.bin_width);
  manifest.number("input.max_mz", options.max_mz);
  manifest.number("input.max_loss", options.max_loss);
  manifest.integer("input.max_peaks", options.max_peaks);
  manifest.integer("input.max_features", options.max_features);
  manifest.integer("input.min_molecules", options.min_molecules);
  manifest.texts("input.adducts", encoder.adducts());
  weights[kPeakBins] = bins_tensor(encoder.peak_bins());
  weights[kLossBins] = bins_tensor(encoder.loss_bins());
}

BinnedSpectrum read_binned_spectrum(const nn::ModelFolder& folder) {
  return BinnedSpectrum(read_binned_options(folder.manifest), bins_from(folder.weights, kPeakBins),
                        bins_from(folder.weights, kLossBins), folder.manifest.texts("input.adducts"));
}

}  // namespace molbridge::encoders
