#pragma once
// One file that holds all a run needs to go on. docs/formats/checkpoint.md.

#include <cstdint>
#include <optional>
#include <string>

#include "molbridge/learn/tensors.hpp"
#include "molbridge/train/adamw.hpp"
#include "molbridge/train/metrics_file.hpp"

namespace molbridge::train {

/// Where a run stands. `step` is the number of steps done.
struct RunPosition {
  std::int64_t step = 0;
  double epoch_loss_sum = 0;   ///< of the current epoch so far, for its mean
  double last_epoch_loss = 0;  ///< mean of the last whole epoch
  NamedValues log_sums;        ///< of the loss and its terms since the last metrics row
  double best_value = 0;       ///< of the figure that selects
  std::int64_t best_step = 0;  ///< 0: nothing was measured yet
  std::int64_t misses = 0;     ///< measurements since the best one
  bool stopped = false;        ///< by early stopping: the run is over
};

/// What makes a run the same run: `job` of what is trained on what, `loop` of how long and how fast.
struct RunIdentity {
  std::string job, loop;
};

/// Parameters that are trained, and buffers. What is frozen comes from its own files again.
learn::NamedTensors trained_state(const torch::nn::Module& module);

/// Atomic: a kill leaves the old checkpoint or the new one. Errors: kOutput.
void save_checkpoint(const std::string& path, const torch::nn::Module& module, const AdamW& optimizer,
                     const RunPosition& position, const RunIdentity& identity);
/// nullopt when there is no file. Of the identity, `loop` is compared only if not empty. Errors: kUsage for another run's checkpoint, kModel for
/// a damaged one.
std::optional<RunPosition> load_checkpoint(const std::string& path, torch::nn::Module& module, AdamW& optimizer,
                                           const RunIdentity& identity);

/// The errors that load_checkpoint would throw for another run's checkpoint, before any work is done.
void require_same_run(const std::string& path, const RunIdentity& identity);

/// The trained state alone, of the step that was measured best.
void save_trained(const std::string& path, const torch::nn::Module& module, const RunIdentity& identity);
/// Errors: kModel, kUsage for another job's.
void load_trained(const std::string& path, torch::nn::Module& module, const RunIdentity& identity);

struct Transfer {
  std::size_t taken = 0;
  std::vector<std::string> left;  ///< parameters of the module that the other run has not, or in another shape
};
/// Starts from another run: copies what has the same name and shape from its best.safetensors, else its checkpoint. Errors: kModel when there is
/// neither, or nothing fits.
Transfer transfer_trained(const std::string& run_folder, torch::nn::Module& module);

inline constexpr const char* kCheckpointFile = "checkpoint.safetensors";
inline constexpr const char* kBestFile = "best.safetensors";

}  // namespace molbridge::train
