#pragma once
// Keys data.folds and data.fold: which part of the training formulas (train::fold_of_formula) a training leaves out.

#include <cstdint>
#include <string>

#include "molbridge/core/config.hpp"

namespace molbridge::service_train {

struct Folds {
  std::int64_t folds = 0;  ///< 0: nothing is left out
  std::int64_t fold = 0;   ///< the part that is
  /// Whether the formula (Hill) falls into that part.
  bool leaves_out(const std::string& formula) const;
};

/// Errors: kUsage.
Folds read_folds(const Config& config);
/// Nothing where nothing is left out: runs of older configs keep their digest.
void write_folds(const Folds& folds, ConfigWriter& out);

}  // namespace molbridge::service_train
