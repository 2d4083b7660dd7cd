#pragma once
// A learned rule that looks at the candidates alone: conditional logistic regression (softmax over a list) on dense and hashed sparse
// features, scored on compounds it has not seen. Source: McFadden, "Conditional logit analysis" (1974); AdaGrad: Duchi et al., JMLR 12,
// 2121 (2011). Deterministic for a seed; thread-safe.
//
// Scores of a list come from other compounds only, so where truths are exchangeable the rule finds them as often as chance does.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace molbridge::eval {

inline constexpr std::uint32_t kSparseWidth = 1U << 15;

/// Features of a candidate: dense ones by position, the same number for all; sparse ones by hash below kSparseWidth. NaN counts as the
/// mean of the list.
struct LearnerFeatures {
  std::vector<double> dense;
  std::vector<std::pair<std::uint32_t, float>> sparse;
};

/// Size of the candidate list of each compound and where the truth stands in it. Lists of fewer than two are passed over.
struct LearnerLists {
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> truths;
  std::function<LearnerFeatures(std::size_t list, std::size_t candidate)> features;  ///< called from one thread
};

struct LearnerOptions {
  std::uint64_t seed = 1;
  int folds = 5;
  int epochs = 6;
  std::size_t negatives = 32;  ///< decoys of a list that one step sees
  double rate = 0.3;
  double decay = 1e-3;  ///< of squared weights
};

/// A score for every candidate of every list; NaN in lists of fewer than two. Cost: folds * epochs * lists * negatives features.
std::vector<std::vector<double>> cross_validated_scores(const LearnerLists& lists, const LearnerOptions& options = {});

}  // namespace molbridge::eval
