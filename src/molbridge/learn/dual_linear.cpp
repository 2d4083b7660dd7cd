#include "molbridge/learn/dual_linear.hpp"

#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::learn {

TrainedSideImpl::TrainedSideImpl(const LinearSideSizes& sizes) : dropout_(sizes.dropout) {
  MOLBRIDGE_CHECK(sizes.inputs > 0 && sizes.outputs > 0 && sizes.dropout >= 0 && sizes.dropout < 1,
                  std::to_string(sizes.inputs) + ", " + std::to_string(sizes.outputs));
  const double bound = 1 / std::sqrt(static_cast<double>(sizes.inputs));
  weight_ = register_parameter("weight", torch::empty({sizes.inputs, sizes.outputs}).uniform_(-bound, bound));
  if (sizes.bias) bias_ = register_parameter("bias", torch::zeros({sizes.outputs}));
  mean_ = register_buffer("mean", torch::zeros({sizes.inputs}));
}

void TrainedSideImpl::set_mean(const torch::Tensor& mean) {
  check_shape(mean, {mean_.size(0)}, "mean");
  mean_.copy_(mean);
  is_centred_ = true;
}

torch::Tensor TrainedSideImpl::product(const FeatureBatch& x) {
  const bool drops = is_training() && dropout_ > 0;
  if (x.dense.defined()) return (drops ? torch::dropout(x.dense, dropout_, true) : x.dense).matmul(weight_);
  const torch::Tensor values = drops ? torch::dropout(x.values, dropout_, true) : x.values;
  constexpr std::int64_t kSum = 0;
  return std::get<0>(torch::embedding_bag(weight_, x.indices, x.offsets, /*scale_grad_by_freq=*/false, kSum,
                                          /*sparse=*/false, values.to(weight_.dtype())));
}

torch::Tensor TrainedSideImpl::forward(const FeatureBatch& x) {
  torch::Tensor y = product(x);
  if (is_centred_) y = y - mean_.unsqueeze(0).matmul(weight_);
  return bias_.defined() ? y + bias_ : y;
}

std::pair<torch::Tensor, torch::Tensor> TrainedSideImpl::folded() const {
  const torch::NoGradGuard no_grad;
  torch::Tensor offset = bias_.defined() ? bias_.to(torch::kFloat64) : torch::Tensor();
  if (is_centred_) {
    const torch::Tensor shift = mean_.to(torch::kFloat64).unsqueeze(0).matmul(weight_.to(torch::kFloat64)).squeeze(0);
    offset = offset.defined() ? offset - shift : -shift;
  }
  if (offset.defined()) offset = offset.to(torch::kFloat32).contiguous();
  return {weight_.detach().t().contiguous(), offset};
}

void TrainedSideImpl::set(const torch::Tensor& weight, const torch::Tensor& mean) {
  const torch::NoGradGuard no_grad;
  check_shape(weight, {weight_.size(1), weight_.size(0)}, "weight");
  weight_.copy_(weight.t());
  set_mean(mean);
}

DualLinearImpl::DualLinearImpl(const DualLinearOptions& options) {
  MOLBRIDGE_CHECK(options.molecule.outputs == options.text.outputs && options.temperature > 0,
                  std::to_string(options.molecule.outputs) + ", " + std::to_string(options.text.outputs));
  molecule_ = register_module("molecule", TrainedSide(options.molecule));
  text_ = register_module("text", TrainedSide(options.text));
  const torch::Tensor begin = torch::tensor(std::log(options.temperature), torch::kFloat32);
  log_temperature_ = options.learn_temperature ? register_parameter("log_temperature", begin)
                                               : register_buffer("log_temperature", begin);
}

}  // namespace molbridge::learn
