#include "molbridge/train/fingerprint_ffn_task.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/rng.hpp"
#include "molbridge/encoders/spectrum/binned_spectrum_io.hpp"
#include "molbridge/learn/fingerprint_ffn.hpp"

namespace molbridge::train {
namespace {

encoders::BinnedSpectrum build_encoder(const SpectrumDataset& dataset, const encoders::BinnedSpectrumOptions& options) {
  encoders::BinnedSpectrumBuilder builder(options);
  for (const auto& spectrum : dataset.spectra) builder.add(spectrum.input(), spectrum.molecule);
  return builder.build();
}

std::vector<float> balanced_weights(const SpectrumDataset& dataset, double balance) {
  std::vector<double> count(dataset.molecules.size(), 0);
  for (const auto& spectrum : dataset.spectra) count[spectrum.molecule] += 1;
  double sum = 0;
  for (const auto& spectrum : dataset.spectra) sum += std::pow(count[spectrum.molecule], -balance);
  const double scale = static_cast<double>(dataset.spectra.size()) / sum;
  std::vector<float> weights;
  weights.reserve(dataset.spectra.size());
  for (const auto& spectrum : dataset.spectra) {
    weights.push_back(static_cast<float>(scale * std::pow(count[spectrum.molecule], -balance)));
  }
  return weights;
}

void unpack_bits(const std::vector<std::uint8_t>& packed, float* out) {
  for (const std::uint8_t byte : packed) {
    for (int bit = 0; bit < 8; ++bit) *out++ = static_cast<float>((byte >> bit) & 1);
  }
}

/// Share of training molecules that have each bit. [D]
torch::Tensor bit_frequency(const SpectrumDataset& dataset, std::int64_t width) {
  torch::Tensor sum = torch::zeros({width});
  torch::Tensor row = torch::empty({width});
  for (const auto& molecule : dataset.molecules) {
    unpack_bits(molecule.bits, row.data_ptr<float>());
    sum += row;
  }
  return sum / static_cast<double>(dataset.molecules.size());
}

}  // namespace

FingerprintFfnTask::FingerprintFfnTask(const SpectrumDataset& dataset, std::int64_t target_width,
                                       const FingerprintFfnTaskOptions& options)
    : dataset_(dataset), options_(options) {
  encoder_ = std::make_unique<encoders::BinnedSpectrum>(build_encoder(dataset, options.input));
  features_.reserve(dataset.spectra.size());
  for (const auto& spectrum : dataset.spectra) features_.push_back(encoder_->encode(spectrum.input()));
  weights_ = balanced_weights(dataset, options.balance);
  torch::manual_seed(options.seed);
  model_ = learn::FingerprintFfn(learn::FingerprintFfnOptions{.inputs = encoder_->num_features(),
                                                              .hidden = options.hidden,
                                                              .layers = options.layers,
                                                              .outputs = target_width,
                                                              .dropout = options.dropout});
  model_->set_output_prior(bit_frequency(dataset, target_width));
}

learn::SparseBatch FingerprintFfnTask::batch_of(std::span<const std::int64_t> examples, std::int64_t step) const {
  std::vector<std::int64_t> indices, offsets;
  std::vector<float> values;
  Rng rng(options_.seed, "peak dropout " + std::to_string(step));
  for (const std::int64_t example : examples) {
    offsets.push_back(static_cast<std::int64_t>(indices.size()));
    for (const auto& feature : features_[static_cast<std::size_t>(example)]) {
      if (options_.peak_dropout > 0 && rng.uniform() < options_.peak_dropout) continue;
      indices.push_back(feature.index);
      values.push_back(feature.value);
    }
  }
  return {torch::tensor(indices, torch::kInt64), torch::tensor(offsets, torch::kInt64),
          torch::tensor(values, torch::kFloat32)};
}

torch::Tensor FingerprintFfnTask::target_bits(std::span<const std::int64_t> examples) const {
  const std::int64_t width = model_->options().outputs;
  torch::Tensor bits = torch::empty({static_cast<std::int64_t>(examples.size()), width});
  float* out = bits.data_ptr<float>();
  for (const std::int64_t example : examples) {
    unpack_bits(dataset_.molecules[dataset_.spectra[static_cast<std::size_t>(example)].molecule].bits, out);
    out += width;
  }
  return bits;
}

torch::Tensor FingerprintFfnTask::loss(std::span<const std::int64_t> examples, std::int64_t step) {
  torch::Tensor weights = torch::empty({static_cast<std::int64_t>(examples.size())});
  for (std::size_t i = 0; i < examples.size(); ++i)
    weights.data_ptr<float>()[i] = weights_[static_cast<std::size_t>(examples[i])];
  return fingerprint_loss(model_->forward(batch_of(examples, step)), target_bits(examples), weights, options_.loss);
}

void FingerprintFfnTask::write_model(nn::ModelFolderWriter& writer) const {
  encoders::write_binned_spectrum(*encoder_, writer.manifest, writer.weights);
  learn::write_fingerprint_ffn(*model_, writer.manifest, writer.weights);
}

}  // namespace molbridge::train
