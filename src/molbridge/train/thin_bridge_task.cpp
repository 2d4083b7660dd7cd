#include "molbridge/train/thin_bridge_task.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::train {
namespace {

constexpr std::size_t kPairsAtOnce = 1024;  // whose dense vectors are in memory while moments are summed

learn::DualLinear make_model(const PairFeatures& features, const ThinBridgeOptions& options, std::int64_t width) {
  learn::DualLinearOptions sizes;
  sizes.molecule = {features.molecules.width(), width, options.bias, options.molecule_dropout};
  sizes.text = {features.texts.width(), width, options.bias, options.text_dropout};
  sizes.temperature = options.temperature;
  sizes.learn_temperature = options.learn_temperature;
  torch::manual_seed(options.seed);
  return learn::DualLinear(sizes);
}

torch::Tensor int64s(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kInt64); }

void add_side(const learn::TrainedSideImpl& side, const std::string& name, bool wide, nn::SafetensorsWriter& writer) {
  const auto [weight, bias] = side.folded();
  learn::add_tensor(writer, name + ".weight", weight.to(wide ? torch::kFloat32 : torch::kFloat16));
  if (bias.defined()) learn::add_tensor(writer, name + ".bias", bias);
}

}  // namespace

ThinBridgeTask::ThinBridgeTask(const TextPairs& pairs, const PairFeatures& features, const ThinBridgeOptions& options)
    : pairs_(pairs), features_(features), options_(options), width_(options.width) {
  MOLBRIDGE_CHECK(features.molecules.size() == static_cast<std::int64_t>(pairs.molecules.size()) &&
                      features.texts.size() == static_cast<std::int64_t>(pairs.texts.size()),
                  std::to_string(features.molecules.size()) + ", " + std::to_string(features.texts.size()));
  model_ = make_model(features, options, width_);
  if (options.centre) centre();
}

void ThinBridgeTask::centre() {
  std::vector<double> molecules(pairs_.molecules.size(), 0.0), texts(pairs_.texts.size(), 0.0);
  for (const TextPair& pair : pairs_.pairs) {
    molecules[pair.molecule] += pair.weight;
    each_text(pair, [&](std::size_t text, double share) { texts[text] += pair.weight * share; });
  }
  model_->molecule().set_mean(features_.molecules.mean(molecules).to(torch::kFloat32));
  model_->text().set_mean(features_.texts.mean(texts).to(torch::kFloat32));
}

std::int64_t ThinBridgeTask::group_of(std::int64_t example) const {
  const std::int64_t target = pairs_.pairs[static_cast<std::size_t>(example)].target;
  return target >= 0 ? target : static_cast<std::int64_t>(pairs_.targets.size()) + example;
}

std::size_t ThinBridgeTask::draw_text(const TextPair& pair, Rng& rng) const {
  const std::size_t text = pair.texts[pair.texts.size() == 1 ? 0 : rng.below(pair.texts.size())];
  if (options_.sentences == 0 || !pairs_.has_excerpts(text) || rng.uniform() >= options_.sentences) return text;
  const std::vector<std::size_t>& excerpts = pairs_.excerpts[text];
  return excerpts[rng.below(excerpts.size())];
}

void ThinBridgeTask::each_text(const TextPair& pair, const std::function<void(std::size_t, double)>& visit) const {
  const double share = 1 / static_cast<double>(pair.texts.size());
  for (const std::size_t text : pair.texts) {
    const bool drawn_from = options_.sentences > 0 && pairs_.has_excerpts(text);
    const double cut = drawn_from ? options_.sentences : 0;
    if (cut < 1) visit(text, share * (1 - cut));
    if (!drawn_from) continue;
    for (const std::size_t excerpt : pairs_.excerpts[text])
      visit(excerpt, share * cut / static_cast<double>(pairs_.excerpts[text].size()));
  }
}

std::vector<std::size_t> ThinBridgeTask::draw_texts(std::span<const std::int64_t> examples,
                                                    const StepContext& context) const {
  Rng rng(options_.seed, "texts " + std::to_string(context.step) + " " + std::to_string(context.part));
  std::vector<std::size_t> texts;
  for (const std::int64_t example : examples) {
    const TextPair& pair = pairs_.pairs[static_cast<std::size_t>(example)];
    texts.push_back(draw_text(pair, rng));
  }
  return texts;
}

torch::Tensor ThinBridgeTask::embed_molecules(const FeatureRows& rows, std::span<const std::int64_t> which) {
  return model_->molecule().forward(rows.batch(which));
}

torch::Tensor ThinBridgeTask::embed_texts(const FeatureRows& rows, std::span<const std::int64_t> which) {
  return model_->text().forward(rows.batch(which));
}

StepLoss ThinBridgeTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  std::vector<std::int64_t> molecules, texts, targets;
  std::vector<float> weights;
  for (const std::size_t text : draw_texts(examples, context)) texts.push_back(static_cast<std::int64_t>(text));
  for (const std::int64_t example : examples) {
    const TextPair& pair = pairs_.pairs[static_cast<std::size_t>(example)];
    molecules.push_back(static_cast<std::int64_t>(pair.molecule));
    targets.push_back(pair.target);
    weights.push_back(static_cast<float>(pair.weight));
  }
  const torch::Tensor m = embed_molecules(features_.molecules, molecules), t = embed_texts(features_.texts, texts);
  const PairLabels labels{int64s(molecules), int64s(texts), int64s(targets)};
  StepLoss out{weighted_info_nce(t, m, model_->log_temperature(), labels, options_.alpha, options_.positives,
                                 torch::tensor(weights)),
               {}};
  if (options_.margin_weight == 0) return out;
  out.terms.emplace_back("contrastive", out.total.item<double>());
  const torch::Tensor margin = same_target_margin(t, m, labels, options_.margin);
  out.terms.emplace_back("margin", margin.item<double>());
  out.total = out.total + options_.margin_weight * margin;
  return out;
}

learn::PairedMoments ThinBridgeTask::moments() const {
  learn::PairedMoments out(features_.molecules.width(), features_.texts.width());
  std::vector<std::int64_t> molecules, texts;
  std::vector<double> weights;
  const auto flush = [&] {
    if (weights.empty()) return;
    check_interrupt();
    out.add(features_.molecules.dense(molecules), features_.texts.dense(texts),
            torch::tensor(weights, torch::kFloat64));
    molecules.clear(), texts.clear(), weights.clear();
  };
  for (const TextPair& pair : pairs_.pairs) {
    each_text(pair, [&](std::size_t text, double share) {
      molecules.push_back(static_cast<std::int64_t>(pair.molecule));
      texts.push_back(static_cast<std::int64_t>(text));
      weights.push_back(pair.weight * share);
    });
    if (weights.size() >= kPairsAtOnce) flush();
  }
  flush();
  return out;
}

void ThinBridgeTask::replace(const torch::Tensor& molecule, const torch::Tensor& text,
                             const learn::PairedMoments& moments) {
  width_ = molecule.size(0);
  model_ = make_model(features_, options_, width_);
  model_->molecule().set(molecule.to(torch::kFloat32), moments.mean_x().to(torch::kFloat32));
  model_->text().set(text.to(torch::kFloat32), moments.mean_y().to(torch::kFloat32));
  model_->eval();
}

torch::Tensor ThinBridgeTask::solve_cca(const learn::CcaOptions& options) {
  const learn::PairedMoments sums = moments();
  const learn::LinearMaps maps = learn::linear_cca(sums, options);
  replace(maps.x_weight, maps.y_weight, sums);
  return maps.correlations;
}

void ThinBridgeTask::solve_ridge(double ridge) {
  const learn::PairedMoments sums = moments();
  replace(torch::eye(features_.molecules.width(), torch::kFloat64), learn::ridge_regression(sums, ridge), sums);
}

void ThinBridgeTask::write_weights(nn::SafetensorsWriter& writer) const {
  add_side(model_->molecule(), "molecule", options_.wide, writer);
  add_side(model_->text(), "text", options_.wide, writer);
}

}  // namespace molbridge::train
