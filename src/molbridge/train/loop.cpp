#include "molbridge/train/loop.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "molbridge/core/files.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/train/checkpoint.hpp"
#include "molbridge/train/metrics_file.hpp"

namespace molbridge::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The state of one run between two steps, and what happens in one step.
class Run {
 public:
  Run(Task& task, const LoopOptions& options)
      : task_(task),
        options_(options),
        optimizer_(task.module(), options.adamw),
        checkpoint_path_(options.folder + "/checkpoint.safetensors") {
    steps_per_epoch_ = (task.num_examples() + options.batch_size - 1) / options.batch_size;
    total_steps_ = steps_per_epoch_ * options.epochs;
    warmup_ =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(options.warmup_share * static_cast<double>(total_steps_)));
  }

  LoopReport run(Progress& progress) {
    const auto started = Clock::now();
    make_folders(options_.folder);
    if (const auto found = load_checkpoint(checkpoint_path_, task_.module(), optimizer_, options_.run_digest))
      position_ = *found;
    report_.resumed_at_step = position_.step;
    MetricsFile metrics(options_.folder + "/metrics.tsv", position_.step);
    last_save_ = Clock::now();
    task_.module().train();
    progress.start("training", static_cast<std::uint64_t>(total_steps_), "steps");
    while (position_.step < total_steps_) {
      one_step(metrics);
      progress.note(note());
      progress.advance(static_cast<std::uint64_t>(position_.step));
      save_when_due();
    }
    progress.finish();
    task_.module().eval();
    report_.steps = position_.step;
    report_.seconds = seconds_since(started);
    return report_;
  }

 private:
  /// The order of an epoch follows from the seed and its number alone, so a resumed run sees the same batches.
  void shuffle_epoch(std::int64_t epoch) {
    if (epoch == shuffled_epoch_) return;
    order_.resize(static_cast<std::size_t>(task_.num_examples()));
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    Rng rng(options_.seed, "epoch " + std::to_string(epoch));
    rng.shuffle(std::span(order_));
    shuffled_epoch_ = epoch;
  }

  std::span<const std::int64_t> batch() {
    const std::int64_t in_epoch = position_.step % steps_per_epoch_;
    shuffle_epoch(position_.step / steps_per_epoch_);
    const auto begin = static_cast<std::size_t>(in_epoch * options_.batch_size);
    const auto size = std::min(static_cast<std::size_t>(options_.batch_size), order_.size() - begin);
    return std::span<const std::int64_t>(order_).subspan(begin, size);
  }

  void one_step(MetricsFile& metrics) {
    const double learning_rate = options_.learning_rate * cosine_schedule(position_.step, warmup_, total_steps_);
    optimizer_.zero_grad();
    const torch::Tensor loss = task_.loss(batch(), position_.step);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw Error(ErrorCode::kInput, "the loss is not finite at step " + std::to_string(position_.step))
          .remedy("Lower train.learning_rate, or look for wrong values in the training data.");
    }
    loss.backward();
    const double norm = clip_gradients(task_.module(), options_.clip_norm);
    optimizer_.step(learning_rate);
    account(value, learning_rate, norm, metrics);
  }

  void account(double loss, double learning_rate, double norm, MetricsFile& metrics) {
    ++position_.step;
    position_.epoch_loss_sum += loss;
    position_.log_loss_sum += loss;
    if (position_.step % options_.log_every == 0) {
      const double epoch = static_cast<double>(position_.step) / static_cast<double>(steps_per_epoch_);
      metrics.append({position_.step, epoch, position_.log_loss_sum / static_cast<double>(options_.log_every),
                      learning_rate, norm});
      position_.log_loss_sum = 0;
    }
    if (position_.step % steps_per_epoch_ == 0) {
      report_.last_epoch_loss = position_.epoch_loss_sum / static_cast<double>(steps_per_epoch_);
      position_.epoch_loss_sum = 0;
    }
  }

  void save_when_due() {
    const bool by_steps = options_.checkpoint_every_steps > 0 && position_.step % options_.checkpoint_every_steps == 0;
    const bool done = position_.step == total_steps_;
    if (by_steps || done || interrupted() || seconds_since(last_save_) >= options_.checkpoint_every_seconds) {
      save_checkpoint(checkpoint_path_, task_.module(), optimizer_, position_, options_.run_digest);
      last_save_ = Clock::now();
    }
    if (!done) check_interrupt();
  }

  std::string note() const {
    const std::int64_t in_epoch = position_.step % steps_per_epoch_;
    const double mean =
        in_epoch == 0 ? report_.last_epoch_loss : position_.epoch_loss_sum / static_cast<double>(in_epoch);
    return "epoch " + std::to_string((position_.step - 1) / steps_per_epoch_ + 1) + "/" +
           std::to_string(options_.epochs) + "  loss " + format_fixed(mean, 4);
  }

  Task& task_;
  const LoopOptions& options_;
  AdamW optimizer_;
  std::string checkpoint_path_;
  std::int64_t steps_per_epoch_ = 0, total_steps_ = 0, warmup_ = 0;
  RunPosition position_;
  std::vector<std::int64_t> order_;
  std::int64_t shuffled_epoch_ = -1;
  Clock::time_point last_save_;
  LoopReport report_;
};

}  // namespace

LoopReport run_loop(Task& task, const LoopOptions& options, Progress& progress) {
  MOLBRIDGE_CHECK(task.num_examples() > 0 && options.batch_size > 0 && options.log_every > 0, "loop options");
  return Run(task, options).run(progress);
}

}  // namespace molbridge::train
