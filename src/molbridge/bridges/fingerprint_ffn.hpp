#pragma once
// The Fingerprint FFN bridge: sparse spectrum features -> MLP -> log odds of fingerprint bits. The baseline of the project.
//
//   x [sparse F] ── sum of weighted rows of W0 [F, H] + b0 ── ReLU ── (Linear H->H ── ReLU)* ── Linear H->D ── minus prior
//
// The first layer is a weighted sum of rows, so its cost follows the peaks of a spectrum, not the width F. Inference in float32;
// learn/fingerprint_ffn.hpp is the same network while it learns. Several members (networks of equal sizes that began differently) give
// the mean of their log odds.
// Source: "Fingerprint FFN" of the SpecBridge tables; here with sparse input, cross-entropy and cosine.

#include <cstdint>
#include <vector>

#include "molbridge/nn/linear.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::bridges {

/// A batch of sparse rows in compressed form: row b holds entries offsets[b] to offsets[b+1] (the last one to the end).
struct SparseBatch {
  std::vector<std::int64_t> indices;  ///< [E]
  std::vector<std::size_t> offsets;   ///< [B], ascending
  std::vector<float> values;          ///< [E]
};

/// Threads: const use is safe; a call computes on the calling thread. A row's result does not depend on its batch.
class FingerprintFfn {
 public:
  /// Errors: kModel when sizes and tensors do not fit each other or `inputs`.
  static FingerprintFfn read(const nn::ModelFolder& folder, std::int64_t inputs);

  std::int64_t inputs() const { return inputs_; }    ///< F
  std::int64_t outputs() const { return outputs_; }  ///< D
  /// What ranks: how much more likely each bit is than among the training molecules, log(p / (1-p)) - log(f / (1-f)). Common bits, which
  /// every candidate has, then say little, and rare ones that the spectrum shows say much.
  /// Shapes: returns [B * D], row-major. Requires indices in [0, F).
  std::vector<float> log_odds_ratio(const SparseBatch& batch) const;

 private:
  struct Member {
    std::vector<float> input_weight, input_bias;  ///< [F, H], [H]
    std::vector<nn::Linear> layers;               ///< hidden ones, then the output with the prior taken from its bias
  };
  FingerprintFfn() = default;
  void sum_rows(const Member& member, const SparseBatch& batch, float* out) const;
  std::vector<float> forward(const Member& member, const SparseBatch& batch) const;

  std::int64_t inputs_ = 0, hidden_width_ = 0, outputs_ = 0;
  std::vector<Member> members_;
};

}  // namespace molbridge::bridges
