#pragma once
// The training loop: epochs over shuffled examples, AdamW with warm-up and cosine, checkpoints, metrics.
//
// What is random depends on (seed, epoch, step) and on LibTorch's generator, whose state stands in the checkpoint: a run that was
// killed and resumed gives the same weights to the bit as one that was not, on one thread. Metrics rows behind the
// checkpoint are dropped on resume and written again.

#include <cstdint>
#include <span>
#include <string>

#include "molbridge/core/progress.hpp"
#include "molbridge/learn/tensors.hpp"
#include "molbridge/train/adamw.hpp"

namespace molbridge::train {

/// What is trained: a module and its loss on some examples.
class Task {
 public:
  virtual ~Task() = default;
  virtual torch::nn::Module& module() = 0;
  virtual std::int64_t num_examples() const = 0;
  /// Scalar loss, mean over `examples`. `step` counts from 0 over the whole run; randomness beyond LibTorch's generator must follow
  /// from it.
  virtual torch::Tensor loss(std::span<const std::int64_t> examples, std::int64_t step) = 0;
};

struct LoopOptions {
  std::uint64_t seed = 1;
  std::int64_t epochs = 8;
  std::int64_t batch_size = 128;
  double learning_rate = 1e-3;
  double warmup_share = 0.05;  ///< of all steps
  double clip_norm = 1.0;
  AdamWOptions adamw;
  std::int64_t log_every = 50;              ///< steps between rows of metrics.tsv
  std::int64_t checkpoint_every_steps = 0;  ///< 0: by time only
  double checkpoint_every_seconds = 30;
  std::string folder;      ///< of checkpoint.safetensors and metrics.tsv
  std::string run_digest;  ///< of config and data; a checkpoint of another run is refused
};

struct LoopReport {
  std::int64_t steps = 0;
  std::int64_t resumed_at_step = 0;  ///< 0 for a fresh run
  double last_epoch_loss = 0;
  double seconds = 0;
};

/// Errors: kUsage when the folder holds a checkpoint of another run; kInput when the loss is not finite (names the step);
/// kCancelled after saving a checkpoint.
LoopReport run_loop(Task& task, const LoopOptions& options, Progress& progress);

}  // namespace molbridge::train
