#pragma once
// One file that holds all a run needs to go on. docs/formats/checkpoint.md.

#include <cstdint>
#include <optional>
#include <string>

#include "molbridge/learn/tensors.hpp"
#include "molbridge/train/adamw.hpp"

namespace molbridge::train {

/// Where a run stands. `step` is the number of steps done.
struct RunPosition {
  std::int64_t step = 0;
  double epoch_loss_sum = 0;  ///< of the current epoch so far, for its mean
  double log_loss_sum = 0;    ///< since the last metrics row
};

/// Atomic: a kill leaves the old checkpoint or the new one. Errors: kOutput.
void save_checkpoint(const std::string& path, const torch::nn::Module& module, const AdamW& optimizer,
                     const RunPosition& position, const std::string& run_digest);
/// nullopt when there is no file. Errors: kUsage for another run's checkpoint, kModel for a damaged one.
std::optional<RunPosition> load_checkpoint(const std::string& path, torch::nn::Module& module, AdamW& optimizer,
                                           const std::string& run_digest);

}  // namespace molbridge::train
