#pragma once
// Scores of right and wrong pairs: areas under the ROC and the precision-recall curve, with intervals by cluster. Thread-safe: pure functions.

#include <cstdint>
#include <span>

#include "molbridge/eval/paired.hpp"

namespace molbridge::eval {

struct Labelled {
  float score = 0;
  bool positive = false;
  std::uint64_t cluster = 0;  ///< what the interval resamples: a drug
};

struct TwoClassFigures {
  std::uint64_t pairs = 0;
  std::uint64_t positives = 0;
  MeanInterval auroc;  ///< probability that a positive is above a negative, equal ones counted half
  MeanInterval
      auprc;  ///< average precision over the distinct scores: equal ones are taken together. By chance: positives / pairs
};

/// NaN where one class is missing; resamples without both are left out. A score that is no number counts as the lowest. Cost: pairs log pairs
/// + resamples * pairs.
TwoClassFigures two_class(std::span<const Labelled> pairs, const BootstrapOptions& options = {});

}  // namespace molbridge::eval
