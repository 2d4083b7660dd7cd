#include "molbridge/train/masked_mz_task.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::train {
namespace {

/// Random numbers of one batch, whatever came before it.
Rng batch_rng(std::uint64_t seed, const StepContext& context) {
  return Rng(seed, "masked m/z " + std::to_string(context.step) + " " + std::to_string(context.part));
}

torch::Tensor in_float(const torch::Tensor& x) {
  return x.scalar_type() == torch::kFloat64 ? x : x.to(torch::kFloat32);
}

/// Adds one number to every m/z, the precursor's too: a network that learns differences of m/z does not mind.
void shift_masses(encoders::DreamsTokens& tokens, const MaskedMzOptions& options, Rng& rng) {
  if (rng.uniform() >= options.shift_probability) return;
  const auto shift = static_cast<float>(options.shift_max * rng.uniform());
  for (auto& peak : tokens.peaks) peak.mz += shift;
}

std::vector<std::vector<std::int64_t>> timed_spectra(const std::vector<PretrainingSpectrum>& spectra) {
  std::vector<std::vector<std::int64_t>> timed;
  for (std::size_t i = 0; i < spectra.size(); ++i) {
    if (std::isnan(spectra[i].rt_seconds)) continue;
    const auto file = static_cast<std::size_t>(spectra[i].file);
    if (timed.size() <= file) timed.resize(file + 1);
    timed[file].push_back(static_cast<std::int64_t>(i));
  }
  return timed;
}

}  // namespace

std::int64_t mz_class(double mz, double bin, std::int64_t classes) {
  const double rounded = std::nearbyint(mz / bin);
  return static_cast<std::int64_t>(std::clamp(rounded, 0.0, static_cast<double>(classes - 1)));
}

torch::Tensor focal_loss(const torch::Tensor& logits, const torch::Tensor& classes, double gamma,
                         double entropy_smoothing) {
  if (classes.numel() == 0) return logits.sum();  // of nothing: zero, with a gradient of zero
  const torch::Tensor log_p = in_float(logits).log_softmax(-1);
  const torch::Tensor log_true = log_p.gather(1, classes.unsqueeze(1)).squeeze(1);
  torch::Tensor loss = -log_true;
  if (gamma != 0) loss = (-torch::expm1(log_true)).pow(gamma) * loss;
  loss = loss.mean();
  if (entropy_smoothing == 0) return loss;
  const torch::Tensor entropy = -(log_p.exp() * log_p).sum(-1).mean();
  return loss - entropy_smoothing * entropy;
}

MaskedMzTask::MaskedMzTask(std::shared_ptr<DreamsModule> module, const PretrainingSpectra& spectra,
                           const MaskedMzOptions& options)
    : module_(std::move(module)), spectra_(spectra), options_(options) {
  MOLBRIDGE_CHECK(module_->sizes().mz_classes > 1, "no head for masked m/z");
  MOLBRIDGE_CHECK(options_.order_weight == 0 || module_->sizes().order_head, "no head for the retention order");
  if (options_.order_weight > 0) timed_ = timed_spectra(spectra.training);
}

std::int64_t MaskedMzTask::group_of(std::int64_t example) const {
  return spectra_.training[static_cast<std::size_t>(example)].compound;
}

MaskedSpectra MaskedMzTask::mask(std::span<const PretrainingSpectrum* const> spectra, Rng& rng, bool shift) const {
  const DreamsSizes& sizes = module_->sizes();
  MaskedSpectra masked;
  std::vector<std::int64_t> rows, classes;
  std::int64_t begin = 0;
  for (const PretrainingSpectrum* spectrum : spectra) {
    encoders::DreamsTokens tokens = spectrum->tokens;
    if (shift && options_.shift_probability > 0) shift_masses(tokens, options_, rng);
    for (const std::size_t place : choose_masked(tokens.peaks, options_.masking, rng)) {
      rows.push_back(begin + static_cast<std::int64_t>(place));
      classes.push_back(mz_class(tokens.peaks[place].mz, sizes.mz_bin, sizes.mz_classes));
      tokens.peaks[place].mz = options_.masking.masked_mz;
    }
    begin += static_cast<std::int64_t>(tokens.peaks.size());
    masked.tokens.push_back(std::move(tokens));
  }
  masked.rows = torch::tensor(rows, torch::kInt64);
  masked.classes = torch::tensor(classes, torch::kInt64);
  return masked;
}

/// The examples, and behind them one partner of each that has a retention time: any timed spectrum of its file, as published maybe itself.
/// partner_of[i] is 0 where example i has none.
std::vector<const PretrainingSpectrum*> MaskedMzTask::with_partners(std::span<const std::int64_t> examples, Rng& rng,
                                                                    std::vector<std::size_t>& partner_of) const {
  std::vector<const PretrainingSpectrum*> spectra;
  for (const std::int64_t example : examples) spectra.push_back(&spectra_.training[static_cast<std::size_t>(example)]);
  partner_of.assign(examples.size(), 0);
  for (std::size_t i = 0; i < examples.size() && options_.order_weight > 0; ++i) {
    if (std::isnan(spectra[i]->rt_seconds)) continue;
    const auto& others = timed_[static_cast<std::size_t>(spectra[i]->file)];
    partner_of[i] = spectra.size();
    spectra.push_back(&spectra_.training[static_cast<std::size_t>(others[rng.below(others.size())])]);
  }
  return spectra;
}

torch::Tensor MaskedMzTask::order_loss(const torch::Tensor& precursors,
                                       std::span<const PretrainingSpectrum* const> spectra,
                                       std::span<const std::size_t> partner_of) const {
  std::vector<std::int64_t> first, second;
  std::vector<float> label;
  for (std::size_t i = 0; i < partner_of.size(); ++i) {
    if (partner_of[i] == 0) continue;
    first.push_back(static_cast<std::int64_t>(i));
    second.push_back(static_cast<std::int64_t>(partner_of[i]));
    label.push_back(spectra[i]->rt_seconds < spectra[partner_of[i]]->rt_seconds ? 1.0F : 0.0F);
  }
  if (first.empty()) return precursors.sum() * 0;
  const torch::Tensor logits = in_float(module_->order_logits(precursors.index_select(0, torch::tensor(first)),
                                                              precursors.index_select(0, torch::tensor(second))));
  return torch::binary_cross_entropy_with_logits(logits, torch::tensor(label).to(logits.scalar_type()));
}

StepLoss MaskedMzTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  Rng rng = batch_rng(options_.seed, context);
  std::vector<std::size_t> partner_of;
  const auto spectra = with_partners(examples, rng, partner_of);
  const MaskedSpectra masked = mask(spectra, rng, true);
  const DreamsState state = module_->embed(masked.tokens);
  const bool with_order = options_.order_weight > 0;
  const std::int64_t hidden = masked.rows.numel();
  const torch::Tensor tokens =
      module_->tokens_at(state, 0, with_order ? torch::cat({masked.rows, state.first_rows()}) : masked.rows);
  const torch::Tensor mz = focal_loss(module_->mz_logits(tokens.narrow(0, 0, hidden)), masked.classes,
                                      options_.focal_gamma, options_.entropy_smoothing);
  if (!with_order) return {mz, {}};
  const torch::Tensor order = order_loss(tokens.narrow(0, hidden, state.spectra()), spectra, partner_of);
  return {(1 - options_.order_weight) * mz + options_.order_weight * order,
          {{"masked_mz", mz.item<double>()}, {"order", order.item<double>()}}};
}

MaskedMzValidator::MaskedMzValidator(MaskedMzTask& task, const std::vector<PretrainingSpectrum>& spectra,
                                     std::int64_t most)
    : task_(task) {
  const std::size_t count = most > 0 ? std::min(spectra.size(), static_cast<std::size_t>(most)) : spectra.size();
  for (std::size_t i = 0; i < count; ++i) spectra_.push_back(&spectra[i * spectra.size() / count]);
  std::stable_sort(spectra_.begin(), spectra_.end(),
                   [](const auto* a, const auto* b) { return a->tokens.peaks.size() < b->tokens.peaks.size(); });
}

std::vector<std::pair<std::string, double>> MaskedMzValidator::measure() {
  constexpr std::size_t kBatch = 128;
  constexpr std::int64_t kTop = 5;
  Rng rng(task_.options().seed, "masked m/z of validation");
  const DreamsModule& network = task_.network();
  double focal = 0, cross_entropy = 0, top_1 = 0, top_5 = 0, peaks = 0;
  for (std::size_t begin = 0; begin < spectra_.size(); begin += kBatch) {
    const auto some = std::span(std::as_const(spectra_)).subspan(begin, std::min(kBatch, spectra_.size() - begin));
    const MaskedSpectra masked = task_.mask(some, rng, false);
    const auto count = static_cast<double>(masked.rows.numel());
    if (count == 0) continue;
    const torch::Tensor tokens = network.tokens_at(network.embed(masked.tokens), 0, masked.rows);
    const torch::Tensor logits = in_float(network.mz_logits(tokens));
    focal += count * focal_loss(logits, masked.classes, task_.options().focal_gamma).item<double>();
    cross_entropy += count * focal_loss(logits, masked.classes, 0).item<double>();
    const auto hits = std::get<1>(logits.topk(std::min(kTop, logits.size(1)), 1)) == masked.classes.unsqueeze(1);
    top_1 += hits.select(1, 0).sum().item<double>();
    top_5 += hits.sum().item<double>();
    peaks += count;
  }
  peaks = std::max(peaks, 1.0);
  return {{"loss", focal / peaks},
          {"cross_entropy", cross_entropy / peaks},
          {"top_1", top_1 / peaks},
          {"top_5", top_5 / peaks}};
}

}  // namespace molbridge::train
