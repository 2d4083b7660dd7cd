#include "molbridge/learn/residual_bridge.hpp"

#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::learn {
namespace {

constexpr double kLengthEpsilon = 1e-8;
constexpr double kBlockGain = 0.7;
constexpr int kProcrustesSteps = 500;
constexpr double kProcrustesChange = 1e-6;  // of W, as a share of its norm

torch::nn::LayerNorm layer_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

/// The matrix with orthonormal rows (columns) nearest to `m`.
torch::Tensor nearest_orthonormal(const torch::Tensor& m) {
  const auto [u, s, vh] = torch::linalg_svd(m, /*full_matrices=*/false);
  return u.matmul(vh);
}

/// W with orthonormal rows (columns) of least |x W^T - y|^2; x [N, P] and y [N, D] are centred. Where W is at least as tall as wide, |x W^T| is
/// that of x and the solution is closed; else each step lowers the error by minimising a bound of it that touches it at the W before.
torch::Tensor procrustes(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor covariance = y.t().matmul(x);
  torch::Tensor w = nearest_orthonormal(covariance);
  if (w.size(0) >= w.size(1)) return w;
  const torch::Tensor gram = x.t().matmul(x);
  const torch::Tensor largest = std::get<0>(torch::linalg_eigh(gram)).max();
  for (int step = 0; step < kProcrustesSteps; ++step) {
    const torch::Tensor next = nearest_orthonormal(covariance + largest * w - w.matmul(gram));
    const double change = (next - w).norm().item<double>();
    w = next;
    if (change < kProcrustesChange * std::sqrt(static_cast<double>(w.size(0)))) break;
  }
  return w;
}

}  // namespace

ProjectionHeadImpl::ProjectionHeadImpl(const ProjectionHeadSizes& sizes) {
  norm_ = layer_norm(sizes.outputs);
  if (sizes.hidden == 0) {
    out_ = register_module("0", torch::nn::Linear(sizes.inputs, sizes.outputs));
  } else {
    in_ = torch::nn::Linear(sizes.inputs, sizes.hidden);
    out_ = torch::nn::Linear(sizes.hidden, sizes.outputs);
    register_module("0", torch::nn::Sequential(in_, torch::nn::GELU(), out_));
  }
  register_module("1", norm_);
}

torch::Tensor ProjectionHeadImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = in_.is_empty() ? x : torch::gelu(in_->forward(x));
  y = norm_->forward(out_->forward(y).to(x.scalar_type()));
  return y / (y.norm(2, -1, true) + kLengthEpsilon);
}

MapperInit parse_mapper_init(std::string_view text) {
  for (const auto init : {MapperInit::kOrthogonal, MapperInit::kXavier, MapperInit::kProcrustes}) {
    if (text == name(init)) return init;
  }
  throw Error(ErrorCode::kUsage, "unknown initialisation '" + std::string(text) + "'")
      .remedy("Use orthogonal, xavier or procrustes.");
}

std::string_view name(MapperInit init) {
  switch (init) {
    case MapperInit::kOrthogonal: return "orthogonal";
    case MapperInit::kXavier: return "xavier";
    case MapperInit::kProcrustes: return "procrustes";
  }
  return "";
}

ResidualMapperImpl::ResidualMapperImpl(const ResidualMapperSizes& sizes, MapperInit init) {
  first_ = register_module("W", torch::nn::Linear(sizes.inputs, sizes.outputs));
  if (init == MapperInit::kXavier) {
    torch::nn::init::xavier_uniform_(first_->weight);
  } else {
    torch::nn::init::orthogonal_(first_->weight);
  }
  torch::nn::init::zeros_(first_->bias);
  torch::nn::ModuleList blocks;
  for (std::int64_t k = 0; k < sizes.blocks; ++k) {
    norms_.push_back(layer_norm(sizes.outputs));
    ins_.emplace_back(sizes.outputs, sizes.hidden);
    outs_.emplace_back(sizes.hidden, sizes.outputs);
    torch::nn::init::xavier_uniform_(ins_.back()->weight, kBlockGain);
    for (const torch::Tensor& zero : {ins_.back()->bias, outs_.back()->weight, outs_.back()->bias})
      torch::nn::init::zeros_(zero);
    torch::nn::ModuleDict block;
    block->update({{"ln", norms_.back().ptr()}, {"fc1", ins_.back().ptr()}, {"fc2", outs_.back().ptr()}});
    blocks->push_back(block);
  }
  register_module("blocks", blocks);
}

torch::Tensor ResidualMapperImpl::forward(const torch::Tensor& x) {
  torch::Tensor z = first_->forward(x).to(x.scalar_type());
  for (std::size_t k = 0; k < ins_.size(); ++k) {
    z = z + outs_[k]->forward(torch::gelu(ins_[k]->forward(norms_[k]->forward(z)))).to(z.scalar_type());
  }
  return z;
}

void ResidualMapperImpl::set_procrustes(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::NoGradGuard no_grad;
  check_shape(x, {-1, first_->weight.size(1)}, "x");
  check_shape(y, {x.size(0), first_->weight.size(0)}, "y");
  const torch::Tensor x_mean = x.to(torch::kFloat64).mean(0), y_mean = y.to(torch::kFloat64).mean(0);
  const torch::Tensor w = procrustes(x.to(torch::kFloat64) - x_mean, y.to(torch::kFloat64) - y_mean);
  first_->weight.copy_(w);
  first_->bias.copy_(y_mean - w.matmul(x_mean));
}

std::int64_t num_parameters(const torch::nn::Module& module, bool trained_only) {
  std::int64_t sum = 0;
  for (const auto& parameter : module.parameters()) {
    if (!trained_only || parameter.requires_grad()) sum += parameter.numel();
  }
  return sum;
}

}  // namespace molbridge::learn
