#include "molbridge/train/loop.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "molbridge/core/files.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/learn/autocast.hpp"
#include "molbridge/train/metrics_file.hpp"
#include "molbridge/train/selection.hpp"

namespace molbridge::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

SamplerOptions sampler_options(const LoopOptions& options) {
  SamplerOptions out = options.sampler;
  out.seed = options.seed;
  return out;
}

/// The batches of one step: a part of an epoch.
class StepBatches {
 public:
  StepBatches(const Task& task, const LoopOptions& options)
      : sampler_(task, sampler_options(options)), accumulate_(options.accumulate) {
    load(0);
    steps_per_epoch_ = (static_cast<std::int64_t>(batches_.size()) + accumulate_ - 1) / accumulate_;
  }
  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }

  std::span<const std::vector<std::int64_t>> of(std::int64_t step) {
    load(step / steps_per_epoch_);
    const auto begin = static_cast<std::size_t>(step % steps_per_epoch_ * accumulate_);
    MOLBRIDGE_CHECK(begin < batches_.size(), "epochs have different numbers of batches");
    return std::span(std::as_const(batches_))
        .subspan(begin, std::min(static_cast<std::size_t>(accumulate_), batches_.size() - begin));
  }

 private:
  void load(std::int64_t epoch) {
    if (epoch == epoch_) return;
    batches_ = sampler_.epoch(epoch);
    epoch_ = epoch;
  }

  Sampler sampler_;
  std::int64_t accumulate_;
  std::int64_t steps_per_epoch_ = 0;
  Batches batches_;
  std::int64_t epoch_ = -1;
};

/// The state of one run between two steps, and what happens in one step.
class Run {
 public:
  Run(Task& task, Validator* validator, const LoopOptions& options)
      : task_(task),
        options_(options),
        optimizer_(task.module(), options.adamw, task.parameter_groups()),
        checkpoint_path_(options.folder + "/" + kCheckpointFile),
        batches_(task, options),
        selection_(task, validator, options),
        total_steps_(batches_.steps_per_epoch() * options.epochs),
        warmup_(std::max<std::int64_t>(
            1, static_cast<std::int64_t>(options.warmup_share * static_cast<double>(total_steps_)))) {}

  LoopReport run(Progress& progress) {
    const auto started = Clock::now();
    make_folders(options_.folder);
    if (const auto found = load_checkpoint(checkpoint_path_, task_.module(), optimizer_, options_.identity))
      position_ = *found;
    report_.resumed_at_step = position_.step;
    MetricsFile metrics(options_.folder + "/metrics.tsv", position_.step);
    selection_.open(position_.step);
    last_save_ = Clock::now();
    task_.module().train();
    progress.start("training", static_cast<std::uint64_t>(total_steps_), "steps");
    while (!is_over()) {
      one_step(metrics);
      progress.note(note());
      progress.advance(static_cast<std::uint64_t>(position_.step));
      measure_when_due();
      save_when_due();
    }
    progress.finish();
    selection_.restore_best(position_);
    task_.module().eval();
    return finish(started);
  }

 private:
  bool is_over() const { return position_.step >= total_steps_ || position_.stopped; }

  void one_step(MetricsFile& metrics) {
    const double learning_rate =
        options_.learning_rate * schedule_share(options_.schedule, position_.step, warmup_, total_steps_);
    optimizer_.zero_grad();
    const NamedValues values = backward(batches_.of(position_.step));
    const double norm = optimizer_.clip(options_.clip_norm);
    optimizer_.step(learning_rate);
    account(values, learning_rate, norm, metrics);
  }

  /// Adds up the gradients of the parts, each weighted by its share of the examples. Returns the loss and its terms.
  NamedValues backward(std::span<const std::vector<std::int64_t>> parts) {
    std::size_t examples = 0;
    for (const auto& part : parts) examples += part.size();
    NamedValues sums;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const double share = static_cast<double>(parts[p].size()) / static_cast<double>(examples);
      const StepLoss loss = loss_of(parts[p], static_cast<std::int64_t>(p));
      const double value = loss.total.item<double>();
      require_finite(value);
      (share == 1 ? loss.total : loss.total * share).backward();
      add_values(sums, value, loss.terms, share);
    }
    return sums;
  }

  StepLoss loss_of(const std::vector<std::int64_t>& examples, std::int64_t part) {
    const learn::Autocast autocast(options_.autocast);
    return task_.loss(examples, {position_.step, part});
  }

  void require_finite(double value) const {
    if (std::isfinite(value)) return;
    throw Error(ErrorCode::kInput, "the loss is not finite at step " + std::to_string(position_.step))
        .remedy("Lower train.learning_rate, or look for wrong values in the training data.");
  }

  static void add_values(NamedValues& sums, double value, const NamedValues& terms, double share) {
    if (sums.empty()) {
      sums.emplace_back("loss", 0);
      for (const auto& [term, ignored] : terms) sums.emplace_back("loss." + term, 0);
    }
    MOLBRIDGE_CHECK(sums.size() == terms.size() + 1, "a loss changed its terms");
    sums[0].second += share * value;
    for (std::size_t i = 0; i < terms.size(); ++i) sums[i + 1].second += share * terms[i].second;
  }

  void account(const NamedValues& values, double learning_rate, double norm, MetricsFile& metrics) {
    ++position_.step;
    position_.epoch_loss_sum += values[0].second;
    if (position_.log_sums.empty()) {
      for (const auto& [name, value] : values) position_.log_sums.emplace_back(name, 0);
    }
    for (std::size_t i = 0; i < values.size(); ++i) position_.log_sums[i].second += values[i].second;
    if (position_.step % options_.log_every == 0) log_row(learning_rate, norm, metrics);
    if (position_.step % batches_.steps_per_epoch() == 0) {
      position_.last_epoch_loss = position_.epoch_loss_sum / static_cast<double>(batches_.steps_per_epoch());
      position_.epoch_loss_sum = 0;
    }
  }

  void log_row(double learning_rate, double norm, MetricsFile& metrics) {
    NamedValues row;
    for (auto& [name, sum] : position_.log_sums) {
      row.emplace_back(name, sum / static_cast<double>(options_.log_every));
      sum = 0;
    }
    row.insert(row.begin() + 1, {{"learning_rate", learning_rate}, {"gradient_norm", norm}});
    metrics.append(position_.step, epoch(), row);
  }

  /// A checkpoint follows every measurement, so that best.safetensors and the checkpoint always agree about the best step.
  void measure_when_due() {
    if (!selection_.is_due(position_.step, batches_.steps_per_epoch(), total_steps_)) return;
    selection_.measure(position_, epoch());
    save();
  }

  void save_when_due() {
    const bool by_steps = options_.checkpoint_every_steps > 0 && position_.step % options_.checkpoint_every_steps == 0;
    if (by_steps || is_over() || interrupted() || seconds_since(last_save_) >= options_.checkpoint_every_seconds)
      save();
    if (!is_over()) check_interrupt();
  }

  void save() {
    save_checkpoint(checkpoint_path_, task_.module(), optimizer_, position_, options_.identity);
    last_save_ = Clock::now();
  }

  LoopReport finish(Clock::time_point started) {
    report_.steps = position_.step;
    report_.last_epoch_loss = position_.last_epoch_loss;
    report_.best_step = position_.best_step;
    report_.best_value = position_.best_value;
    report_.stopped_early = position_.stopped;
    report_.seconds = seconds_since(started);
    return report_;
  }

  double epoch() const { return static_cast<double>(position_.step) / static_cast<double>(batches_.steps_per_epoch()); }

  std::string note() const {
    const std::int64_t in_epoch = position_.step % batches_.steps_per_epoch();
    const double mean =
        in_epoch == 0 ? position_.last_epoch_loss : position_.epoch_loss_sum / static_cast<double>(in_epoch);
    return "epoch " + std::to_string((position_.step - 1) / batches_.steps_per_epoch() + 1) + "/" +
           std::to_string(options_.epochs) + "  loss " + format_fixed(mean, 4) + selection_.note();
  }

  Task& task_;
  const LoopOptions& options_;
  AdamW optimizer_;
  std::string checkpoint_path_;
  StepBatches batches_;
  Selection selection_;
  std::int64_t total_steps_ = 0, warmup_ = 0;
  RunPosition position_;
  Clock::time_point last_save_;
  LoopReport report_;
};

}  // namespace

LoopReport run_loop(Task& task, Validator* validator, const LoopOptions& options, Progress& progress) {
  MOLBRIDGE_CHECK(task.num_examples() > 0 && options.accumulate > 0 && options.log_every > 0, "loop options");
  return Run(task, validator, options).run(progress);
}

}  // namespace molbridge::train
