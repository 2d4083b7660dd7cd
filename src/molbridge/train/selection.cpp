#include "molbridge/train/selection.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include "molbridge/core/text.hpp"

namespace molbridge::train {
namespace {

bool smaller_is_better(const std::string& figure) { return figure == "loss" || figure.ends_with(".loss"); }

/// LibTorch's generator, as it was when this was made.
class GeneratorGuard {
 public:
  GeneratorGuard() : state_(at::detail::getDefaultCPUGenerator().get_state()) {}
  ~GeneratorGuard() {
    auto generator = at::detail::getDefaultCPUGenerator();
    generator.set_state(state_);
  }
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;

 private:
  torch::Tensor state_;
};

}  // namespace

void Selection::open(std::int64_t step) {
  if (validator_ != nullptr) file_.emplace(options_.folder + "/validation.tsv", step);
}

bool Selection::is_due(std::int64_t step, std::int64_t steps_per_epoch, std::int64_t total_steps) const {
  if (validator_ == nullptr) return false;
  const std::int64_t every = options_.validate_every > 0 ? options_.validate_every : steps_per_epoch;
  return step % every == 0 || step == total_steps;
}

double Selection::selecting(const NamedValues& figures) const {
  std::string known;
  for (const auto& [name, value] : figures) {
    if (name == options_.select_by) return value;
    known += (known.empty() ? "" : ", ") + name;
  }
  throw Error(ErrorCode::kUsage, "train.select_by = \"" + options_.select_by + "\" is nothing that is measured")
      .remedy("Measured are: " + known + ".");
}

bool Selection::is_better(double value, const RunPosition& position) const {
  if (position.best_step == 0) return true;
  return smaller_is_better(options_.select_by) ? value < position.best_value : value > position.best_value;
}

void Selection::measure(RunPosition& position, double epoch) {
  NamedValues figures;
  {
    const torch::NoGradGuard no_grad;
    const GeneratorGuard generator;
    task_.module().eval();
    figures = validator_->measure();
    task_.module().train();
  }
  const double value = selecting(figures);
  file_->append(position.step, epoch, figures);
  note_ = "  " + options_.select_by + " " + format_fixed(value, 4);
  if (is_better(value, position)) {
    save_trained(options_.folder + "/" + kBestFile, task_.module(), options_.identity);
    position.best_value = value;
    position.best_step = position.step;
    position.misses = 0;
    return;
  }
  ++position.misses;
  if (options_.patience > 0 && position.misses >= options_.patience) position.stopped = true;
}

void Selection::restore_best(const RunPosition& position) {
  if (validator_ == nullptr || position.best_step == 0) return;
  load_trained(options_.folder + "/" + kBestFile, task_.module(), options_.identity);
}

}  // namespace molbridge::train
