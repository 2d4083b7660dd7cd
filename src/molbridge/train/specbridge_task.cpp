#include "molbridge/train/specbridge_task.hpp"

#include <algorithm>
#include <numeric>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/learn/autocast.hpp"

namespace molbridge::train {
namespace {

constexpr std::size_t kFrozenBatch = 128;

bool caches(const SpecbridgeNet& net, const SpecbridgeTaskOptions& options) {
  return net.caches() && !options.augment.any();
}

std::string key_of(const encoders::DreamsTokens& tokens) {
  const std::string bytes(reinterpret_cast<const char*>(tokens.peaks.data()),
                          tokens.peaks.size() * sizeof(encoders::DreamsPeak));
  return bytes + std::to_string(tokens.pads);
}

/// Sums what is asked for, keeping each term for the log.
class WeightedSum {
 public:
  void add(const char* name, double weight, const torch::Tensor& term) {
    loss_.terms.emplace_back(name, term.item<double>());
    const torch::Tensor weighted = term * weight;
    loss_.total = loss_.total.defined() ? loss_.total + weighted : weighted;
  }
  StepLoss take() { return std::move(loss_); }

 private:
  StepLoss loss_;
};

}  // namespace

SpecbridgeTask::SpecbridgeTask(const SpectrumDataset& dataset, const MoleculeTargets& targets,
                               const HardNegatives* negatives, std::shared_ptr<SpecbridgeNet> net,
                               const SpecbridgeTaskOptions& options, Progress& progress)
    : dataset_(dataset), targets_(targets), negatives_(negatives), net_(std::move(net)), options_(options) {
  MOLBRIDGE_CHECK(negatives != nullptr || options.loss.candidate_softmax == 0, "no hard negatives");
  if (caches(*net_, options_)) fill_cache(progress);
}

encoders::DreamsTokens SpecbridgeTask::tokens(const DatasetSpectrum& spectrum,
                                              std::span<const spectra::Peak> peaks) const {
  std::vector<double> mz, intensity;
  for (const auto& peak : peaks) {
    mz.push_back(peak.mz);
    intensity.push_back(peak.intensity);
  }
  const double precursor = encoders::dreams_precursor(mz, spectrum.precursor_mz);
  return encoders::dreams_tokens({.mz = mz, .intensity = intensity, .precursor_mz = precursor, .padded_to = 0},
                                 options_.input);
}

std::vector<encoders::DreamsTokens> SpecbridgeTask::augmented_tokens(std::span<const std::int64_t> examples,
                                                                     const StepContext& context) const {
  Rng rng(options_.seed, "augmentation " + std::to_string(context.step) + "." + std::to_string(context.part));
  std::vector<encoders::DreamsTokens> out;
  for (const std::int64_t example : examples) {
    const DatasetSpectrum& spectrum = dataset_.spectra[static_cast<std::size_t>(example)];
    out.push_back(options_.augment.any() ? tokens(spectrum, augmented(spectrum.peaks, options_.augment, rng))
                                         : tokens(spectrum, spectrum.peaks));
  }
  return out;
}

void SpecbridgeTask::fill_cache(Progress& progress) {
  const std::string path = options_.cache_folder.empty() ? "" : cache_path();
  if (!path.empty() && read_cache(path)) return;
  progress.start("frozen encoder", dataset_.spectra.size(), "spectra");
  std::vector<torch::Tensor> pooled;
  for (std::size_t begin = 0; begin < dataset_.spectra.size(); begin += kFrozenBatch) {
    check_interrupt();
    std::vector<std::int64_t> block(std::min(kFrozenBatch, dataset_.spectra.size() - begin));
    std::iota(block.begin(), block.end(), static_cast<std::int64_t>(begin));
    const DreamsState state = net_->frozen(augmented_tokens(block, {}));
    if (net_->encoder_is_frozen()) {
      pooled.push_back(net_->pooled(state));
    } else {
      for (auto& one : split_states(state)) states_.push_back(std::move(one));
    }
    progress.advance(begin + block.size());
  }
  progress.finish();
  if (!pooled.empty()) pooled_ = torch::cat(pooled);
  if (!path.empty()) write_cache(path);
}

torch::Tensor SpecbridgeTask::vectors(std::span<const std::int64_t> examples, const StepContext& context) {
  if (pooled_.defined()) {
    const torch::Tensor index =
        torch::tensor(std::vector<std::int64_t>(examples.begin(), examples.end()), torch::kInt64);
    return net_->from_pooled(pooled_.index_select(0, index));
  }
  if (states_.empty()) return net_->forward(augmented_tokens(examples, context));
  std::vector<DreamsState> states;
  for (const std::int64_t example : examples) states.push_back(states_[static_cast<std::size_t>(example)]);
  return net_->from_frozen(join_states(states));
}

StepLoss SpecbridgeTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  std::vector<std::int64_t> molecules;
  for (const std::int64_t example : examples) molecules.push_back(group_of(example));
  const torch::Tensor y = targets_.rows(molecules);
  const torch::Tensor group = torch::tensor(molecules, torch::kInt64);
  const torch::Tensor z = vectors(examples, context).to(torch::kFloat32);
  const learn::Autocast full_precision(false);  // cosines divided by a temperature want all their digits
  const torch::Tensor& temperature = net_->log_temperature();
  const BridgeLossOptions& weight = options_.loss;
  WeightedSum sum;
  if (weight.alignment > 0) sum.add("alignment", weight.alignment, alignment_loss(z, y));
  if (weight.raw_squared_error > 0) sum.add("raw_squared_error", weight.raw_squared_error, raw_squared_error(z, y));
  if (weight.orthogonality > 0)
    sum.add("orthogonality", weight.orthogonality, orthogonality_penalty(net_->mapper()->weight()));
  if (weight.info_nce > 0) {
    const torch::Tensor groups = weight.same_molecule_negatives ? torch::Tensor() : group;
    sum.add("info_nce", weight.info_nce, info_nce(z, y, temperature, groups));
  }
  if (weight.supervised_contrastive > 0)
    sum.add("supervised_contrastive", weight.supervised_contrastive, supervised_contrastive(z, y, temperature, group));
  if (weight.candidate_softmax > 0) {
    const HardNegatives::Drawn drawn = negatives_->draw(molecules, context.step, context.part);
    sum.add("candidate_softmax", weight.candidate_softmax,
            candidate_softmax(z, y, drawn.vectors, drawn.present, temperature));
  }
  return sum.take();
}

std::vector<ParameterGroup> SpecbridgeTask::parameter_groups() const {
  return {{.name = "encoder", .parameters = {"dreams."}, .learning_rate_scale = options_.encoder_rate}};
}

std::vector<encoders::DreamsTokens> SpecbridgeTask::tokens_of(const std::vector<DatasetSpectrum>& spectra) const {
  std::vector<encoders::DreamsTokens> out;
  for (const auto& spectrum : spectra) out.push_back(tokens(spectrum, spectrum.peaks));
  return out;
}

torch::Tensor SpecbridgeTask::embed(const std::vector<DatasetSpectrum>& spectra) {
  const torch::NoGradGuard no_grad;
  const std::vector<encoders::DreamsTokens> all = tokens_of(spectra);
  if (!net_->caches()) return net_->forward(all);
  std::vector<std::string> keys;
  for (const auto& one : all) keys.push_back(key_of(one));
  remember(all, keys);
  std::vector<DreamsState> states;
  for (const auto& key : keys) states.push_back(remembered_.at(key));
  return net_->from_frozen(join_states(states));
}

void SpecbridgeTask::remember(std::span<const encoders::DreamsTokens> spectra, std::span<const std::string> keys) {
  std::vector<encoders::DreamsTokens> unseen;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!remembered_.try_emplace(keys[i]).second) continue;
    unseen.push_back(spectra[i]);
    names.push_back(keys[i]);
  }
  if (unseen.empty()) return;
  std::vector<DreamsState> states = split_states(net_->frozen(unseen));
  for (std::size_t i = 0; i < names.size(); ++i) remembered_[names[i]] = std::move(states[i]);
}

torch::Tensor SpecbridgeTask::head_outputs(const std::vector<DatasetSpectrum>& spectra) const {
  const torch::NoGradGuard no_grad;
  return net_->head()->forward(net_->dreams().forward(tokens_of(spectra), net_->options().pooling));
}

}  // namespace molbridge::train
