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

/// Collects a learn::SparseBatch.
class SparseRows {
 public:
  void start() { offsets_.push_back(static_cast<std::int64_t>(indices_.size())); }
  void add(const encoders::SparseFeature& feature) {
    indices_.push_back(feature.index);
    values_.push_back(feature.value);
  }
  learn::SparseBatch batch() const {
    return {torch::tensor(indices_, torch::kInt64), torch::tensor(offsets_, torch::kInt64),
            torch::tensor(values_, torch::kFloat32)};
  }

 private:
  std::vector<std::int64_t> indices_, offsets_;
  std::vector<float> values_;
};

}  // namespace

FingerprintFfnTask::FingerprintFfnTask(const SpectrumDataset& dataset, const MoleculeTargets& targets,
                                       const FingerprintFfnTaskOptions& options)
    : dataset_(dataset), targets_(targets), options_(options) {
  encoder_ = std::make_unique<encoders::BinnedSpectrum>(build_encoder(dataset, options.input));
  features_.reserve(dataset.spectra.size());
  for (const auto& spectrum : dataset.spectra) features_.push_back(encoder_->encode(spectrum.input()));
  weights_ = balanced_weights(dataset, options.balance);
  torch::manual_seed(options.seed);
  model_ = learn::FingerprintFfn(learn::FingerprintFfnOptions{.inputs = encoder_->num_features(),
                                                              .hidden = options.hidden,
                                                              .layers = options.layers,
                                                              .outputs = targets.width(),
                                                              .dropout = options.dropout});
  model_->set_output_prior(targets.mean());
}

learn::SparseBatch FingerprintFfnTask::batch_of(std::span<const std::int64_t> examples,
                                                const StepContext& context) const {
  SparseRows rows;
  const std::string part = context.part == 0 ? "" : " part " + std::to_string(context.part);
  Rng rng(options_.seed, "peak dropout " + std::to_string(context.step) + part);
  for (const std::int64_t example : examples) {
    rows.start();
    for (const auto& feature : features_[static_cast<std::size_t>(example)]) {
      if (options_.peak_dropout > 0 && rng.uniform() < options_.peak_dropout) continue;
      rows.add(feature);
    }
  }
  return rows.batch();
}

StepLoss FingerprintFfnTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  torch::Tensor weights = torch::empty({static_cast<std::int64_t>(examples.size())});
  std::vector<std::int64_t> molecules;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    weights.data_ptr<float>()[i] = weights_[static_cast<std::size_t>(examples[i])];
    molecules.push_back(group_of(examples[i]));
  }
  const torch::Tensor logits = model_->forward(batch_of(examples, context));
  return {fingerprint_loss(logits, targets_.rows(molecules), weights, options_.loss), {}};
}

torch::Tensor FingerprintFfnTask::embed(const std::vector<DatasetSpectrum>& spectra) {
  SparseRows rows;
  for (const auto& spectrum : spectra) {
    rows.start();
    for (const auto& feature : encoder_->encode(spectrum.input())) rows.add(feature);
  }
  return model_->log_odds_ratio(rows.batch());
}

void FingerprintFfnTask::write_model(nn::ModelFolderWriter& writer) const {
  encoders::write_binned_spectrum(*encoder_, writer.manifest, writer.weights);
  learn::write_fingerprint_ffn(*model_, writer.manifest, writer.weights);
}

}  // namespace molbridge::train
