#pragma once
// Measuring while training: when, what is best so far, when to stop. Private to the loop.

#include <optional>
#include <string>

#include "molbridge/train/loop.hpp"
#include "molbridge/train/metrics_file.hpp"

namespace molbridge::train {

/// Does nothing without a validator. Not thread-safe.
class Selection {
 public:
  Selection(Task& task, Validator* validator, const LoopOptions& options)
      : task_(task), validator_(validator), options_(options) {}
  /// Opens validation.tsv, keeping the rows up to `step`.
  void open(std::int64_t step);
  bool is_due(std::int64_t step, std::int64_t steps_per_epoch, std::int64_t total_steps) const;
  /// Measures, writes a row, keeps the state if it is the best, and tells in `position` when the run is over. LibTorch's generator is left as it
  /// was: measuring must not change the training.
  void measure(RunPosition& position, double epoch);
  /// Brings the best state back into the module, if there is one.
  void restore_best(const RunPosition& position);
  std::string note() const { return note_; }

 private:
  double selecting(const NamedValues& figures) const;
  bool is_better(double value, const RunPosition& position) const;

  Task& task_;
  Validator* validator_;
  const LoopOptions& options_;
  std::optional<MetricsFile> file_;
  std::string note_;
};

}  // namespace molbridge::train
