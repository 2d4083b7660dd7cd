#pragma once
// Keys data.folds and data.fold: which part of the training formulas (train::fold_of_formula) a training leaves out.

#include <cstdint>

#include "molbridge/core/config.hpp"

namespace molbridge::service_train {

struct Folds {
  std::int64_t folds = 0;  ///< 0: nothing is left out
  std::int64_t fold = 0;   ///< the part that is
};

/// Errors: kUsage.
Folds read_folds(const Config& config);

}  // namespace molbridge::service_train
