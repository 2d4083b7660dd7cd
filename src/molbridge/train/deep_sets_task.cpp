#include "molbridge/train/deep_sets_task.hpp"

#include <string>

namespace molbridge::train {
namespace {

learn::DeepSetsOptions network_options(const DeepSetsTaskOptions& options,
                                       const std::optional<encoders::MzFourier>& fourier, std::int64_t outputs) {
  return {.inputs = 2 + (fourier ? fourier->width() : 0),
          .fourier_hidden = fourier ? options.fourier_hidden : 0,
          .fourier_width = fourier ? bridges::deep_sets_fourier_width(options.hidden) : 0,
          .hidden = options.hidden,
          .layers = options.layers,
          .outputs = outputs,
          .mean = options.mean,
          .dropout = options.dropout};
}

}  // namespace

DeepSetsTask::DeepSetsTask(const SpectrumDataset& dataset, const MoleculeTargets& targets,
                           const DeepSetsTaskOptions& options)
    : dataset_(dataset), targets_(targets), options_(options) {
  for (const DatasetSpectrum& spectrum : dataset.spectra)
    tokens_.push_back(encoders::peak_tokens(spectrum.peaks, spectrum.precursor_mz, options.input));
  if (options.fourier) fourier_.emplace(*options.fourier);
  torch::manual_seed(options.seed);
  model_ = learn::DeepSets(network_options(options, fourier_, targets.width()));
  model_->set_output_prior(targets.mean());
}

DeepSetsTask::Batch DeepSetsTask::batch_of(std::span<const Tokens> spectra) const {
  std::vector<float> features;
  std::vector<std::int64_t> offsets;
  std::int64_t count = 0;
  for (const Tokens& tokens : spectra) {
    offsets.push_back(count);
    count += static_cast<std::int64_t>(tokens.size());
    const auto more = encoders::token_features(tokens, options_.input, fourier_ ? &*fourier_ : nullptr);
    features.insert(features.end(), more.begin(), more.end());
  }
  return {torch::from_blob(features.data(), {count, model_->options().inputs}).clone(),
          torch::tensor(offsets, torch::kInt64)};
}

DeepSetsTask::Tokens DeepSetsTask::thinned(const Tokens& tokens, Rng& rng) const {
  if (options_.peak_dropout <= 0) return tokens;
  Tokens kept;
  for (const auto& token : tokens) {
    if (rng.uniform() >= options_.peak_dropout) kept.push_back(token);
  }
  return kept;
}

StepLoss DeepSetsTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  Rng rng(options_.seed, "peak dropout " + std::to_string(context.step) + " part " + std::to_string(context.part));
  std::vector<Tokens> spectra;
  std::vector<std::int64_t> molecules;
  for (const std::int64_t example : examples) {
    spectra.push_back(thinned(tokens_[static_cast<std::size_t>(example)], rng));
    molecules.push_back(group_of(example));
  }
  const Batch batch = batch_of(spectra);
  const torch::Tensor weights = torch::ones({static_cast<std::int64_t>(examples.size())});
  return {
      fingerprint_loss(model_->forward(batch.tokens, batch.offsets), targets_.rows(molecules), weights, options_.loss),
      {}};
}

torch::Tensor DeepSetsTask::embed(const std::vector<DatasetSpectrum>& spectra) {
  std::vector<Tokens> tokens;
  for (const DatasetSpectrum& spectrum : spectra)
    tokens.push_back(encoders::peak_tokens(spectrum.peaks, spectrum.precursor_mz, options_.input));
  const Batch batch = batch_of(tokens);
  return options_.score == bridges::FingerprintScore::kLogOdds ? model_->log_odds_ratio(batch.tokens, batch.offsets)
                                                               : model_->probabilities(batch.tokens, batch.offsets);
}

void DeepSetsTask::write_model(nn::ModelFolderWriter& writer) const {
  writer.manifest.text("input.kind", "peak-tokens");
  encoders::write_peak_token_options(options_.input, writer.manifest);
  writer.manifest.flag("input.fourier", options_.fourier.has_value());
  if (options_.fourier) encoders::write_mz_fourier_options(*options_.fourier, writer.manifest);
  writer.manifest.text("bridge.score", bridges::name(options_.score));
  learn::write_deep_sets(*model_, writer.manifest, writer.weights);
}

}  // namespace molbridge::train
