#pragma once
// What must be known of a DreaMS network beside its tensors. Sizes, depths, biases and kinds of norms follow from the tensors; the rest stands
// in a pre-training checkpoint as the arguments of the run and is a default elsewhere.

#include <cstdint>
#include <optional>
#include <string>

#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {

enum class DreamsAttention {
  kDotProduct,
  kAdditiveFixed,   ///< sum of q_i - k_j
  kAdditiveVector,  ///< the same weighted by a learned vector per head
};
std::string_view name(DreamsAttention attention);

struct DreamsConfig {
  std::int64_t layers = 7;
  std::int64_t heads = 8;
  std::int64_t d_fourier = 980, d_peak = 44, d_mz_token = 0;
  double max_mz = 1000;    ///< Th; divides the m/z of the peak branch
  double mz_bin = 0.05;    ///< Th; class width of the m/z token
  bool graphormer = true;  ///< m/z differences between tokens are added to the attention scores
  bool pre_norm = true;
  bool vanilla = false;  ///< PyTorch's own encoder layers
  DreamsAttention attention = DreamsAttention::kDotProduct;

  std::int64_t d_model() const { return d_fourier + d_peak + d_mz_token; }
};

/// "", "backbone.", "spec.dreams." or whatever stands before "ff_peak.ff.0.weight"; absent where the file holds no DreaMS network.
std::optional<std::string> find_dreams_prefix(const nn::Weights& weights);

/// From tensors, and from the arguments of the run where the file has them. Errors: kModel naming what does not fit.
DreamsConfig infer_dreams_config(const nn::Weights& weights, const std::string& prefix);

/// Biases are in all layers of a kind or in none: one that is missing is damage, not an option. Errors: kModel naming it.
void require_whole_biases(const nn::Weights& weights, const std::string& prefix);

}  // namespace molbridge::encoders
