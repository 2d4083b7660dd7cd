#include "molbridge/train/adamw.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace molbridge::train {
namespace {

bool is_named_by(const std::string& pattern, const std::string& parameter) {
  return pattern.ends_with('.') ? parameter.starts_with(pattern) : parameter == pattern;
}

/// Which group a parameter belongs to.
class GroupTable {
 public:
  explicit GroupTable(const std::vector<ParameterGroup>& groups) : groups_(groups) {}

  const ParameterGroup* find(const std::string& parameter) const {
    const ParameterGroup* found = nullptr;
    for (const ParameterGroup& group : groups_) {
      for (const std::string& pattern : group.parameters) {
        if (!is_named_by(pattern, parameter)) continue;
        MOLBRIDGE_CHECK(found == nullptr || found == &group, parameter + " stands in two groups");
        found = &group;
      }
    }
    return found;
  }
  void require_used(const torch::nn::Module& module) const {
    const auto parameters = module.named_parameters();
    for (const ParameterGroup& group : groups_) {
      for (const std::string& pattern : group.parameters) {
        const bool used = std::any_of(parameters.begin(), parameters.end(),
                                      [&](const auto& item) { return is_named_by(pattern, item.key()); });
        MOLBRIDGE_CHECK(used, "group " + group.name + " names no parameter: " + pattern);
      }
    }
  }

 private:
  const std::vector<ParameterGroup>& groups_;
};

/// What one element of a fused step needs.
struct Factors {
  float decay, beta1, beta2, root_correction2, epsilon, rate, gradient;
};

void update(float* parameter, const float* gradient, float* m, float* v, std::int64_t count, const Factors& f) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * f.gradient;
    m[i] = f.beta1 * m[i] + (1 - f.beta1) * g;
    v[i] = f.beta2 * v[i] + (1 - f.beta2) * g * g;
    parameter[i] = f.decay * parameter[i] - f.rate * m[i] / (std::sqrt(v[i]) * f.root_correction2 + f.epsilon);
  }
}

double squared_norm(const torch::Tensor& gradient) {
  constexpr std::int64_t kLanes = 16, kBlock = 4096;  // float sums of a block stay exact enough
  const float* values = gradient.data_ptr<float>();
  double sum = 0;
  for (std::int64_t begin = 0; begin < gradient.numel(); begin += kBlock) {
    const std::int64_t end = std::min(gradient.numel(), begin + kBlock);
    float partial[kLanes] = {};
    std::int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      for (std::int64_t lane = 0; lane < kLanes; ++lane) partial[lane] += values[i + lane] * values[i + lane];
    }
    for (; i < end; ++i) partial[0] += values[i] * values[i];
    for (const float part : partial) sum += static_cast<double>(part);
  }
  return sum;
}

}  // namespace

AdamW::AdamW(torch::nn::Module& module, const AdamWOptions& options, const std::vector<ParameterGroup>& groups)
    : options_(options) {
  const GroupTable table(groups);
  for (auto& item : module.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    Slot slot{item.key(), item.value(), torch::zeros_like(item.value()), torch::zeros_like(item.value())};
    const ParameterGroup* group = table.find(slot.name);
    slot.learning_rate_scale = group == nullptr ? 1 : group->learning_rate_scale;
    const bool is_matrix = slot.parameter.dim() > 1;
    slot.weight_decay = is_matrix ? options.weight_decay * (group == nullptr ? 1 : group->weight_decay_scale) : 0;
    MOLBRIDGE_CHECK(
        !options.fused || (slot.parameter.scalar_type() == torch::kFloat32 && slot.parameter.is_contiguous()),
        slot.name);
    slots_.push_back(std::move(slot));
  }
  table.require_used(module);
}

void AdamW::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  if (options_.fused) return fused_step(learning_rate);
  const double correction1 = 1 - std::pow(options_.beta1, static_cast<double>(steps_));
  const double correction2 = 1 - std::pow(options_.beta2, static_cast<double>(steps_));
  for (Slot& slot : slots_) {
    const torch::Tensor gradient = slot.parameter.grad();
    if (!gradient.defined()) continue;
    const double rate = learning_rate * slot.learning_rate_scale;
    if (rate == 0) continue;
    if (slot.weight_decay > 0) slot.parameter.mul_(1 - rate * slot.weight_decay);
    slot.m.mul_(options_.beta1).add_(gradient, 1 - options_.beta1);
    slot.v.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
    const torch::Tensor denominator = (slot.v / correction2).sqrt_().add_(options_.epsilon);
    slot.parameter.addcdiv_(slot.m, denominator, -rate / correction1);
  }
}

void AdamW::fused_step(double learning_rate) {
  const double correction1 = 1 - std::pow(options_.beta1, static_cast<double>(steps_));
  const double correction2 = 1 - std::pow(options_.beta2, static_cast<double>(steps_));
  for (Slot& slot : slots_) {
    const double rate = learning_rate * slot.learning_rate_scale;
    if (!slot.parameter.grad().defined() || rate == 0) continue;
    const torch::Tensor gradient = slot.parameter.grad().contiguous();
    const Factors factors{static_cast<float>(1 - rate * slot.weight_decay),
                          static_cast<float>(options_.beta1),
                          static_cast<float>(options_.beta2),
                          static_cast<float>(1 / std::sqrt(correction2)),
                          static_cast<float>(options_.epsilon),
                          static_cast<float>(rate / correction1),
                          static_cast<float>(gradient_scale_)};
    update(slot.parameter.data_ptr<float>(), gradient.data_ptr<float>(), slot.m.data_ptr<float>(),
           slot.v.data_ptr<float>(), slot.parameter.numel(), factors);
  }
  gradient_scale_ = 1;
}

void AdamW::zero_grad() {
  for (Slot& slot : slots_) {
    if (options_.fused) slot.parameter.mutable_grad() = torch::Tensor();  // the next backward pass hands over its own
    if (slot.parameter.grad().defined()) slot.parameter.mutable_grad().zero_();
  }
}

learn::NamedTensors AdamW::state() const {
  learn::NamedTensors out;
  for (const Slot& slot : slots_) {
    out[slot.name + ".m"] = slot.m;
    out[slot.name + ".v"] = slot.v;
  }
  return out;
}

void AdamW::load_state(const learn::NamedTensors& state, std::int64_t steps, const std::string& file) {
  const torch::NoGradGuard no_grad;
  for (Slot& slot : slots_) {
    for (const auto& [suffix, target] : {std::pair{".m", slot.m}, std::pair{".v", slot.v}}) {
      const auto found = state.find(slot.name + suffix);
      if (found == state.end() || found->second.sizes() != target.sizes()) {
        throw Error(ErrorCode::kModel, "the checkpoint does not fit: " + slot.name + suffix).in_file(file);
      }
      target.copy_(found->second);
    }
  }
  steps_ = steps;
}

double AdamW::clip(double max_norm) {
  const torch::NoGradGuard no_grad;
  double sum = 0;
  for (const Slot& slot : slots_) {
    if (!slot.parameter.grad().defined()) continue;
    sum += options_.fused ? squared_norm(slot.parameter.grad().contiguous())
                          : slot.parameter.grad().pow(2).sum().item<double>();
  }
  const double norm = std::sqrt(sum);
  if (options_.fused) {
    gradient_scale_ = norm <= max_norm ? 1 : max_norm / norm;
    return norm;
  }
  if (norm <= max_norm) return norm;
  for (Slot& slot : slots_) {
    if (slot.parameter.grad().defined()) slot.parameter.mutable_grad().mul_(max_norm / norm);
  }
  return norm;
}

Schedule parse_schedule(std::string_view text) {
  for (const auto schedule : {Schedule::kCosine, Schedule::kLinear}) {
    if (text == name(schedule)) return schedule;
  }
  throw Error(ErrorCode::kUsage, "unknown schedule '" + std::string(text) + "'").remedy("Use cosine or linear.");
}

std::string_view name(Schedule schedule) { return schedule == Schedule::kLinear ? "linear" : "cosine"; }

double schedule_share(Schedule schedule, std::int64_t step, std::int64_t warmup, std::int64_t total) {
  if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
  const double share =
      static_cast<double>(step - warmup) / static_cast<double>(std::max<std::int64_t>(1, total - warmup));
  if (schedule == Schedule::kLinear) return std::max(0.0, 1 - share);
  return 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, share)));
}

}  // namespace molbridge::train
