#pragma once
// Thin bridge as a training task: two linear maps of frozen vectors, contrastive over pairs of a molecule and a text.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/learn/dual_linear.hpp"
#include "molbridge/learn/linear_cca.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/train/feature_rows.hpp"
#include "molbridge/train/task.hpp"
#include "molbridge/train/text_losses.hpp"
#include "molbridge/train/text_pairs.hpp"

namespace molbridge::train {

struct ThinBridgeOptions {
  std::int64_t width = 256;  ///< D
  bool bias = false;
  bool centre = false;  ///< the means of the training vectors are taken off
  double molecule_dropout = 0, text_dropout = 0;
  double sentences = 0;  ///< share of texts in whose place one of their excerpts stands
  bool wide = true;      ///< the model is written as float32; else matrices as float16
  double temperature = 0.07;
  bool learn_temperature = false;
  double alpha = 1;          ///< same-target negatives weigh 1 + alpha
  double margin = 0.1;       ///< between a molecule and the others of its target
  double margin_weight = 1;  ///< of the margin term
  Positives positives = Positives::kMean;
  std::uint64_t seed = 1;
};

/// Frozen vectors of the molecules and texts of some pairs, in their order.
struct PairFeatures {
  FeatureRows molecules, texts;
};

/// The pairs and features must outlive the task. Not thread-safe.
class ThinBridgeTask : public Task {
 public:
  /// Requires features of every molecule and text that a pair names.
  ThinBridgeTask(const TextPairs& pairs, const PairFeatures& features, const ThinBridgeOptions& options);

  torch::nn::Module& module() override { return *model_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(pairs_.pairs.size()); }
  /// The target, so that a sampler can bring pairs of one target together; a pair without a target stands alone.
  std::int64_t group_of(std::int64_t example) const override;
  /// One variant of each text, drawn anew in each step, whole or an excerpt.
  StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) override;

  /// In the mode the module is in. Shapes: returns [rows, D].
  torch::Tensor embed_molecules(const FeatureRows& rows, std::span<const std::int64_t> which);
  torch::Tensor embed_texts(const FeatureRows& rows, std::span<const std::int64_t> which);

  /// Puts canonical correlation analysis of the pairs, all variants of their texts, in place of what was trained. Returns the correlations [D].
  torch::Tensor solve_cca(const learn::CcaOptions& options);
  /// The text side predicts the (centred) molecule vector; the molecule side leaves it as it is. The model becomes as wide as the molecule's vectors.
  void solve_ridge(double ridge);

  /// Tensors "molecule.weight", "text.weight" and their biases.
  void write_weights(nn::SafetensorsWriter& writer) const;
  std::int64_t width() const { return width_; }

 private:
  std::size_t draw_text(const TextPair& pair, Rng& rng) const;
  std::vector<std::size_t> draw_texts(std::span<const std::int64_t> examples, const StepContext& context) const;
  /// How often each text is drawn for a pair: visit(text, share), shares summing to 1.
  void each_text(const TextPair& pair, const std::function<void(std::size_t, double)>& visit) const;
  learn::PairedMoments moments() const;
  void replace(const torch::Tensor& molecule, const torch::Tensor& text, const learn::PairedMoments& moments);
  void centre();

  const TextPairs& pairs_;
  const PairFeatures& features_;
  ThinBridgeOptions options_;
  std::int64_t width_;
  learn::DualLinear model_{nullptr};
};

}  // namespace molbridge::train
