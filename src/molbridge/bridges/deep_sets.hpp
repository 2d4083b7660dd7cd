#pragma once
// The DeepSets bridge: a set of tokens -> log odds of fingerprint bits. A baseline of the project.
//
//   token [I] ── embedding ── phi (MLP) ──┐
//   token [I] ── embedding ── phi (MLP) ──┼─ sum or mean ── rho (MLP) ── logits [D]
//   ...                                   ┘
//
// Without Fourier features the embedding is the token itself, (m/z, intensity). With them it is [Linear 2 -> H - Hf, ReLU] of these two beside
// [Linear -> E, ReLU, Linear E -> Hf, ReLU] of the features, Hf = 80 % of H. Inference in float32; learn/deep_sets.hpp is the same
// network while it learns. Source: Zaheer et al., "Deep Sets" (2017); MassSpecGym's baselines.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "molbridge/nn/mlp.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::bridges {

/// Rows of tokens in compressed form: set b holds tokens offsets[b] to offsets[b+1] (the last one to the end). A set may be empty.
struct TokenBatch {
  std::vector<float> tokens;         ///< [T, inputs]
  std::vector<std::size_t> offsets;  ///< [B], ascending
};

/// What the vector of a spectrum holds per bit of the fingerprint.
enum class FingerprintScore {
  kProbability,  ///< as the baseline: cosine of the predicted probabilities with candidate fingerprints
  kLogOdds,      ///< how much likelier than usual, as the Fingerprint FFN: log(p / (1-p)) - log(f / (1-f))
};
/// "probability", "log-odds". Errors: kUsage with the list.
FingerprintScore parse_fingerprint_score(std::string_view text);
std::string_view name(FingerprintScore score);

/// Threads: const use is safe; a call computes on the calling thread. A row's result does not depend on its batch.
class DeepSets {
 public:
  /// Errors: kModel when sizes and tensors do not fit each other or `inputs` (2 and the width of the Fourier features).
  static DeepSets read(const nn::ModelFolder& folder, std::int64_t inputs);

  std::int64_t inputs() const { return inputs_; }          ///< I
  std::int64_t outputs() const { return rho_.outputs(); }  ///< D
  /// What is compared with fingerprints. Shapes: returns [B * D], row-major.
  std::vector<float> vectors(const TokenBatch& batch) const;

 private:
  DeepSets(nn::Mlp phi, nn::Mlp rho) : phi_(std::move(phi)), rho_(std::move(rho)) {}
  std::vector<float> embed(const std::vector<float>& tokens) const;
  std::vector<float> pool(const std::vector<float>& x, const TokenBatch& batch) const;

  std::int64_t inputs_ = 0, fourier_width_ = 0;
  bool mean_ = false;
  FingerprintScore score_ = FingerprintScore::kProbability;
  std::optional<nn::Mlp> peak_, fourier_;  ///< of the embedding, with Fourier features only
  nn::Mlp phi_, rho_;
  std::vector<float> prior_;  ///< logits of the bits' frequencies among the training molecules
};

/// Hf of a network of width `hidden` that has Fourier features.
std::int64_t deep_sets_fourier_width(std::int64_t hidden);

}  // namespace molbridge::bridges
