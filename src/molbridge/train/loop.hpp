#pragma once
// The training loop: epochs of batches, AdamW with warm-up and decay, accumulation, measuring and selection, early stopping, checkpoints, metrics.
//
// What is random depends on (seed, epoch, step) and on LibTorch's generator, whose state stands in the checkpoint: a run that was
// killed and resumed gives the same weights to the bit as one that was not, on one thread. Rows of metrics.tsv and validation.tsv behind the
// checkpoint are dropped on resume and written again.

#include <cstdint>
#include <string>

#include "molbridge/core/progress.hpp"
#include "molbridge/train/adamw.hpp"
#include "molbridge/train/checkpoint.hpp"
#include "molbridge/train/sampler.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

struct LoopOptions {
  std::uint64_t seed = 1;
  std::int64_t epochs = 8;
  SamplerOptions sampler;       ///< its seed is `seed`
  std::int64_t accumulate = 1;  ///< batches whose gradients are added, weighted by their examples, before a step
  double learning_rate = 1e-3;
  double warmup_share = 0.05;  ///< of all steps
  Schedule schedule = Schedule::kCosine;
  double clip_norm = 1.0;
  AdamWOptions adamw;
  bool autocast = false;        ///< bfloat16 matrix products in the forward pass; parameters and sums stay float32
  std::int64_t log_every = 50;  ///< steps between rows of metrics.tsv
  std::int64_t checkpoint_every_steps = 0;  ///< 0: by time only
  double checkpoint_every_seconds = 30;
  std::int64_t validate_every = 0;  ///< steps; 0: at the end of every epoch
  std::string select_by =
      "recall_at_1";  ///< figure of the validator that selects; "loss" and what ends in ".loss": the smaller the better
  std::int64_t patience = 0;  ///< measurements without a better one before the run stops; 0: never
  std::string folder;         ///< of checkpoint.safetensors, best.safetensors, metrics.tsv, validation.tsv
  RunIdentity identity;       ///< a checkpoint of another run is refused
};

struct LoopReport {
  std::int64_t steps = 0;
  std::int64_t resumed_at_step = 0;  ///< 0 for a fresh run
  double last_epoch_loss = 0;
  double best_value = 0;       ///< of select_by
  std::int64_t best_step = 0;  ///< 0: nothing was measured; the module holds the state of this step at the end
  bool stopped_early = false;
  double seconds = 0;  ///< of this call
};

/// Errors: kUsage when the folder holds a checkpoint of another run, or the validator has no figure select_by; kInput when the loss is not finite
/// (names the step); kCancelled after saving a checkpoint.
LoopReport run_loop(Task& task, Validator* validator, const LoopOptions& options, Progress& progress);
inline LoopReport run_loop(Task& task, const LoopOptions& options, Progress& progress) {
  return run_loop(task, nullptr, options, progress);
}

}  // namespace molbridge::train
