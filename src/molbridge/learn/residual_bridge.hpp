#pragma once
// SpecBridge's bridge while it learns: projection head and residual mapper. bridges/residual_mapper.hpp is the same without gradients; the names
// of parameters are those of the published checkpoints (docs/formats/specbridge.md).
//
//   head    x [B, A] ── Linear A->H ── GELU ── Linear H->P ── LayerNorm ── / length          (hidden 0: Linear A->P ── LayerNorm ── / length)
//   mapper  z = W x + b, then n times  z += fc2(GELU(fc1(LayerNorm(z))))
//
// Source: SpecBridge paper, section 3.2 (the norm and the division by length are in its code only).

#include <cstdint>
#include <optional>
#include <string_view>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

struct ProjectionHeadSizes {
  std::int64_t inputs = 1024;   ///< A
  std::int64_t hidden = 2048;   ///< H; 0: one layer
  std::int64_t outputs = 2048;  ///< P
};

class ProjectionHeadImpl : public torch::nn::Module {
 public:
  explicit ProjectionHeadImpl(const ProjectionHeadSizes& sizes);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::Linear in_{nullptr}, out_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(ProjectionHead);

/// How W begins.
enum class MapperInit {
  kOrthogonal,  ///< random with orthonormal rows (columns, where it is taller than wide). Source: Saxe et al. 2013, as in the paper
  kXavier,      ///< uniform, Glorot and Bengio 2010
  kProcrustes,  ///< the orthonormal W that brings given inputs nearest to given targets: needs data
};
/// "orthogonal", "xavier", "procrustes". Errors: kUsage with the list.
MapperInit parse_mapper_init(std::string_view text);
std::string_view name(MapperInit init);

struct ResidualMapperSizes {
  std::int64_t inputs = 2048;  ///< P
  std::int64_t outputs = 768;  ///< D
  std::int64_t blocks = 8;     ///< n
  std::int64_t hidden = 2048;  ///< of the blocks
};

class ResidualMapperImpl : public torch::nn::Module {
 public:
  /// W by `init`, kProcrustes as kOrthogonal until set_procrustes(); b 0; blocks as released: fc1 Xavier with gain 0.7, fc2 0, so that the
  /// mapper begins as W x.
  ResidualMapperImpl(const ResidualMapperSizes& sizes, MapperInit init);
  torch::Tensor forward(const torch::Tensor& x);
  const torch::Tensor& weight() const { return first_->weight; }
  /// W: with orthonormal rows (columns), of least sum |W x + b - y|^2; b = mean(y) - W mean(x). In closed form where W is at least as tall as
  /// wide (Schönemann 1966), else from there by majorisation (Kiers 1990), which finds a W that no small rotation betters. Shapes: x [N, P],
  /// y [N, D].
  void set_procrustes(const torch::Tensor& x, const torch::Tensor& y);

 private:
  torch::nn::Linear first_{nullptr};
  std::vector<torch::nn::LayerNorm> norms_;
  std::vector<torch::nn::Linear> ins_, outs_;
};
TORCH_MODULE(ResidualMapper);

std::int64_t num_parameters(const torch::nn::Module& module, bool trained_only = false);

}  // namespace molbridge::learn
