#include "molbridge/train/masked_token_task.hpp"

#include <algorithm>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::train {
namespace {

constexpr std::int64_t kValidationBatch = 256;

/// Shapes: packed uint8 [B, bits / 8]; returns [B, bits] of 0 and 1.
torch::Tensor unpack_bits(const torch::Tensor& packed, torch::ScalarType type) {
  const torch::Tensor shifts = torch::arange(8, torch::kUInt8);
  return packed.unsqueeze(2).bitwise_right_shift(shifts).bitwise_and(1).flatten(1).to(type);
}

torch::Tensor rows_of(const MaskedPack& pack, std::span<const std::int64_t> batch) {
  std::vector<std::int64_t> rows;
  for (const std::size_t row : pack.rows) rows.push_back(batch[row]);
  return torch::tensor(rows, torch::kInt64);
}

}  // namespace

MaskedTokenNetImpl::MaskedTokenNetImpl(const TransformerOptions& options, std::int64_t fingerprint_bits) {
  transformer = register_module("transformer", MaskedTransformer(options));
  if (fingerprint_bits == 0) return;
  fingerprint_head = register_module("fingerprint_head", torch::nn::Linear(options.hidden, fingerprint_bits));
}

MaskedTokenTask::MaskedTokenTask(const TokenizedMolecules& molecules, const MaskedTokenOptions& options)
    : molecules_(molecules), options_(options) {
  const bool fingerprints = options.fingerprint_weight > 0;
  MOLBRIDGE_CHECK(!fingerprints || molecules.fingerprints.size(0) == molecules.sequences.size(), "fingerprints");
  torch::manual_seed(options.seed);
  net_ = MaskedTokenNet(options.network, fingerprints ? molecules.fingerprints.size(1) * 8 : 0);
  if (fingerprints) set_fingerprint_prior();
}

/// The head begins at the frequency of each bit, so that the first steps do not go into learning it.
void MaskedTokenTask::set_fingerprint_prior() {
  constexpr std::int64_t kSample = 20000;
  const torch::NoGradGuard no_grad;
  const std::int64_t count = std::min(kSample, molecules_.fingerprints.size(0));
  const std::int64_t stride = molecules_.fingerprints.size(0) / count;
  torch::Tensor sum = torch::zeros({net_->fingerprint_head->bias.size(0)});
  for (std::int64_t i = 0; i < count; ++i)
    sum += unpack_bits(molecules_.fingerprints[i * stride].unsqueeze(0), torch::kFloat32)[0];
  const torch::Tensor share = (sum + 0.5) / (static_cast<double>(count) + 1);
  net_->fingerprint_head->bias.copy_(share.logit());
  net_->fingerprint_head->weight.normal_(0, options_.network.initial_spread);
}

MaskedTokenTask::Figures MaskedTokenTask::evaluate(const TokenizedMolecules& molecules,
                                                   std::span<const std::int64_t> examples, Rng& random) {
  const auto packs = masked_packs(molecules.sequences, examples, options_.masking, options_.network.vocabulary,
                                  options_.pack_tokens, random);
  Figures figures;
  for (const MaskedPack& pack : packs) figures.hidden += pack.labels.size(0);
  torch::Tensor tokens, fingerprint;
  const auto add = [](torch::Tensor& sum, const torch::Tensor& term) { sum = sum.defined() ? sum + term : term; };
  std::int64_t right = 0;
  for (const MaskedPack& pack : packs) {
    const torch::Tensor real = pack.ids.ne(options_.network.pad_id);
    const torch::Tensor states = net_->transformer->forward(pack.ids, real);
    const auto exact = torch::promote_types(states.scalar_type(), torch::kFloat32);  // bfloat16 under autocast
    const torch::Tensor logits =
        net_->transformer->token_logits(states.flatten(0, 1).index_select(0, pack.chosen)).to(exact);
    const double share = 1.0 / static_cast<double>(std::max<std::int64_t>(1, figures.hidden));
    add(tokens, torch::nll_loss(logits.log_softmax(1), pack.labels, {}, at::Reduction::Sum) * share);
    right += logits.detach().argmax(1).eq(pack.labels).sum().item<std::int64_t>();
    if (options_.fingerprint_weight == 0) continue;
    const torch::Tensor bits = unpack_bits(molecules.fingerprints.index_select(0, rows_of(pack, examples)), exact);
    const torch::Tensor predicted =
        net_->fingerprint_head->forward(pool_states(states, real, options_.pooling)).to(exact);
    const double part = static_cast<double>(pack.rows.size()) / static_cast<double>(examples.size());
    add(fingerprint,
        fingerprint_loss(predicted, bits, torch::ones({bits.size(0)}, bits.options()), options_.fingerprint) * part);
  }
  figures.total = fingerprint.defined() ? tokens + fingerprint * options_.fingerprint_weight : tokens;
  figures.tokens = tokens.item<double>();
  figures.fingerprint = fingerprint.defined() ? fingerprint.item<double>() : 0;
  figures.accuracy = static_cast<double>(right) / static_cast<double>(std::max<std::int64_t>(1, figures.hidden));
  return figures;
}

StepLoss MaskedTokenTask::loss(std::span<const std::int64_t> examples, const StepContext& context) {
  Rng random(options_.seed, "masks " + std::to_string(context.step) + " " + std::to_string(context.part));
  Figures figures = evaluate(molecules_, examples, random);
  StepLoss loss{figures.total, {{"tokens", figures.tokens}}};
  if (options_.fingerprint_weight > 0) loss.terms.emplace_back("fingerprint", figures.fingerprint);
  return loss;
}

std::vector<std::pair<std::string, double>> MaskedTokenValidator::measure() {
  const torch::NoGradGuard no_grad;
  Rng random(task_.options().seed, "validation masks");
  const std::int64_t count = molecules_.sequences.size();
  double tokens = 0, fingerprint = 0, right = 0, hidden = 0;
  for (std::int64_t begin = 0; begin < count; begin += kValidationBatch) {
    std::vector<std::int64_t> batch(static_cast<std::size_t>(std::min(kValidationBatch, count - begin)));
    std::iota(batch.begin(), batch.end(), begin);
    const auto figures = task_.evaluate(molecules_, batch, random);
    const auto asked = static_cast<double>(figures.hidden);
    tokens += figures.tokens * asked;
    right += figures.accuracy * asked;
    hidden += asked;
    fingerprint += figures.fingerprint * static_cast<double>(batch.size());
  }
  tokens /= std::max(hidden, 1.0);
  right /= std::max(hidden, 1.0);
  fingerprint /= static_cast<double>(std::max<std::int64_t>(count, 1));
  const double weight = task_.options().fingerprint_weight;
  std::vector<std::pair<std::string, double>> figures = {
      {"loss", tokens + weight * fingerprint}, {"tokens", tokens}, {"masked_accuracy", right}};
  if (weight > 0) figures.emplace_back("fingerprint", fingerprint);
  return figures;
}

}  // namespace molbridge::train
