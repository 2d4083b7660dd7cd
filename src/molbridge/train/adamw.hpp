#pragma once
// AdamW with decoupled weight decay and parameter groups, and the learning-rate schedule. Our own, because its whole state must stand in a
// checkpoint by parameter name, in a form that both LibTorch lines read, and resume to the bit.

#include <cstdint>
#include <string_view>

#include "molbridge/learn/tensors.hpp"
#include "molbridge/train/task.hpp"

namespace molbridge::train {

struct AdamWOptions {
  double weight_decay = 1e-4;  ///< applied to matrices, not to biases
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  /// One pass over the memory in place of a dozen: several times as fast where the weights exceed the cache. Rounds differently, so a run must not
  /// change it half-way. Needs float32.
  bool fused = false;
};

/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", algorithm 2. Not thread-safe.
class AdamW {
 public:
  /// Errors: kInternal when a group names a parameter that the module has not, or two groups the same one.
  AdamW(torch::nn::Module& module, const AdamWOptions& options, const std::vector<ParameterGroup>& groups = {});
  /// One update from the gradients in place; parameters without a gradient are left alone.
  void step(double learning_rate);
  void zero_grad();
  /// First and second moments as "<parameter>.m" and "<parameter>.v".
  learn::NamedTensors state() const;
  /// Errors: kModel when a moment is missing or of another shape.
  void load_state(const learn::NamedTensors& state, std::int64_t steps, const std::string& file);
  /// Scales all gradients so that their joint L2 norm is at most `max_norm` (> 0); returns the norm before. Where fused, step() does the scaling.
  double clip(double max_norm);

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter, m, v;
    double learning_rate_scale = 1, weight_decay = 0;
  };
  void fused_step(double learning_rate);
  std::vector<Slot> slots_;
  AdamWOptions options_;
  std::int64_t steps_ = 0;
  double gradient_scale_ = 1;  ///< of the next fused step
};

/// How the learning rate falls after its warm-up.
enum class Schedule {
  kCosine,  ///< half a cosine to 0 at the last step
  kLinear,  ///< a line to 0 at the last step
};
/// "cosine", "linear". Errors: kUsage with the list.
Schedule parse_schedule(std::string_view text);
std::string_view name(Schedule schedule);

/// Share of the learning rate: linear warm-up over `warmup` steps, then down to 0 at `total`. `step` counts from 0.
double schedule_share(Schedule schedule, std::int64_t step, std::int64_t warmup, std::int64_t total);
inline double cosine_schedule(std::int64_t step, std::int64_t warmup, std::int64_t total) {
  return schedule_share(Schedule::kCosine, step, warmup, total);
}

}  // namespace molbridge::train
