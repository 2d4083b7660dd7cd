#pragma once
// What is trained, as the loop sees it: a module, examples, and a loss on some of them.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

/// Parameters that share a learning rate and a weight decay.
struct ParameterGroup {
  std::string name;                     ///< "encoder", "mapper": also a column of the report
  std::vector<std::string> parameters;  ///< dotted names in module(); a name that ends in '.' takes all below it
  double learning_rate_scale = 1;       ///< times the run's learning rate; 0 leaves them as they are
  double weight_decay_scale = 1;        ///< times the run's weight decay
};

/// Where a loss is computed. Randomness beyond LibTorch's generator must follow from `step` alone.
struct StepContext {
  std::int64_t step = 0;  ///< optimiser steps done so far, over the whole run
  std::int64_t part = 0;  ///< of an accumulated batch: 0, 1, ...
};

/// A loss and the terms it is the weighted sum of, by name, for metrics.tsv.
struct StepLoss {
  torch::Tensor total;  ///< scalar, mean over the examples
  std::vector<std::pair<std::string, double>> terms;
};

class Task {
 public:
  virtual ~Task() = default;
  virtual torch::nn::Module& module() = 0;
  virtual std::int64_t num_examples() const = 0;
  /// Which group (molecule) an example belongs to; samplers balance groups, and examples of one group are no negatives of each other.
  virtual std::int64_t group_of(std::int64_t example) const { return example; }
  virtual StepLoss loss(std::span<const std::int64_t> examples, const StepContext& context) = 0;
  /// Parameters in no group take the run's own rates. Parameters that do not require a gradient are never updated.
  virtual std::vector<ParameterGroup> parameter_groups() const { return {}; }
};

/// Measures a model on held-out data while it is trained.
class Validator {
 public:
  virtual ~Validator() = default;
  /// Named figures ("recall_at_1", "mrr", "loss"), in a fixed order. The module is in eval mode, without gradients.
  virtual std::vector<std::pair<std::string, double>> measure() = 0;
};

}  // namespace molbridge::train
