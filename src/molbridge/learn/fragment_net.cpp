#include "molbridge/learn/fragment_net.hpp"

#include <cmath>

namespace molbridge::learn {
namespace {

constexpr double kTableDeviation = 0.05;
constexpr double kFirstWidth = 5;        // ppm
constexpr double kFirstBackground = -2;  // of a peak, beside fragments whose log abundance is about 0

torch::Tensor table(std::int64_t rows, std::int64_t width) { return torch::randn({rows, width}) * kTableDeviation; }

torch::Tensor bag(const torch::Tensor& weight, const torch::Tensor& indices, const torch::Tensor& offsets) {
  constexpr std::int64_t kSum = 0;
  return std::get<0>(torch::embedding_bag(weight, indices, offsets, false, kSum, false));
}

torch::Tensor sums(const torch::Tensor& values, const torch::Tensor& index, std::int64_t count) {
  return torch::zeros({count}, values.options()).index_add(0, index, values);
}

}  // namespace

FragmentNetImpl::FragmentNetImpl(const FragmentNetOptions& options) : options_(options) {
  const auto& o = options_;
  MOLBRIDGE_CHECK(o.counts > 0 && o.kind_codes > 0 && o.neighbour_codes > 0 && o.formula_codes > 0 && o.channels > 0,
                  "sizes");
  kinds_ = register_parameter("kinds", table(o.kind_codes, o.hidden));
  neighbours_ = register_parameter("neighbours", table(o.neighbour_codes, o.hidden));
  formulas_ = register_parameter("formulas", table(o.formula_codes, o.hidden));
  losses_ = register_parameter("losses", table(o.formula_codes, o.hidden));
  counts_ = register_module("counts", torch::nn::Linear(o.counts, o.hidden));
  conditions_ =
      register_module("conditions", torch::nn::Linear(torch::nn::LinearOptions(o.conditions, o.hidden).bias(false)));
  second_ = register_module("second", torch::nn::Linear(o.hidden, o.hidden2));
  output_ = register_module("output", torch::nn::Linear(o.hidden2, o.channels));
  background_ = register_module("background", torch::nn::Linear(3, 1));
  background_total_ = register_parameter("background_total", torch::full({1}, 2.0));
  log_width_ = register_parameter("log_width", torch::full({1}, std::log(kFirstWidth)));
  log_scale_ = register_parameter("log_scale", torch::zeros({1}));
  const torch::NoGradGuard no_grad;
  background_->weight.zero_();
  background_->bias.fill_(kFirstBackground);
}

torch::Tensor FragmentNetImpl::abundances(const FragmentBatch& batch) {
  const torch::Tensor fragment_query = batch.query.index_select(0, batch.candidate);
  torch::Tensor codes = formulas_.index_select(0, batch.formulas) + losses_.index_select(0, batch.losses);
  if (is_training() && options_.code_dropout > 0) {
    const torch::Tensor kept = torch::rand({codes.size(0), 1}).gt(options_.code_dropout);
    codes = codes * kept;
  }
  torch::Tensor x = counts_(batch.counts / kCountScale) + bag(kinds_, batch.kinds, batch.border_offsets) +
                    bag(neighbours_, batch.neighbours, batch.border_offsets) + codes +
                    conditions_(batch.conditions).index_select(0, fragment_query);
  x = torch::dropout(torch::relu(x), options_.dropout, is_training());
  x = torch::relu(second_(x));
  return output_(x).clamp(-kAbundanceLimit, kAbundanceLimit);  // [F, channels]
}

FragmentScores FragmentNetImpl::forward(const FragmentBatch& batch) {
  const std::int64_t candidates = batch.query.size(0), slots = batch.slot_candidate.size(0);
  const torch::Tensor abundance = abundances(batch);
  const torch::Tensor open = batch.open_channels.index_select(0, batch.query).index_select(0, batch.candidate);
  const torch::Tensor all =
      sums((abundance.exp() * open).sum(1), batch.candidate, candidates) + background_total_.exp();
  const torch::Tensor closeness = (batch.match_error / log_width_.exp()).pow(2) * -0.5;
  const torch::Tensor matched =
      sums((abundance.flatten().index_select(0, batch.match_ion) + closeness).exp(), batch.match_slot, slots);
  const torch::Tensor background = background_(batch.slot_features).squeeze(1).exp();
  const torch::Tensor log_share =
      torch::log(matched + background) - torch::log(all).index_select(0, batch.slot_candidate);
  FragmentScores out;
  out.likelihood = sums(batch.slot_weight * log_share, batch.slot_candidate, candidates);
  out.explained = sums(batch.slot_weight * matched / (matched + background), batch.slot_candidate, candidates);
  out.score = out.likelihood * batch.root_peaks.index_select(0, batch.query) * log_scale_.exp();
  return out;
}

void write_fragment_net(const FragmentNetImpl& net, ConfigWriter& manifest, nn::SafetensorsWriter& weights) {
  const FragmentNetOptions& o = net.options();
  manifest.integer("fragment_net.counts", o.counts);
  manifest.integer("fragment_net.kind_codes", o.kind_codes);
  manifest.integer("fragment_net.neighbour_codes", o.neighbour_codes);
  manifest.integer("fragment_net.formula_codes", o.formula_codes);
  manifest.integer("fragment_net.conditions", o.conditions);
  manifest.integer("fragment_net.channels", o.channels);
  manifest.integer("fragment_net.hidden", o.hidden);
  manifest.integer("fragment_net.hidden2", o.hidden2);
  for (const auto& [name, tensor] : named_state(net))
    add_tensor(weights, "fragment_net." + name, tensor.to(torch::kFloat16));
}

}  // namespace molbridge::learn
