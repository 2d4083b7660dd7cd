#include "molbridge/train/checkpoint.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include "molbridge/core/text.hpp"

namespace molbridge::train {
namespace {

constexpr const char* kModelPrefix = "model.";
constexpr const char* kOptimizerPrefix = "adamw.";
constexpr const char* kGenerator = "generator";

learn::NamedTensors with_prefix(const learn::NamedTensors& tensors, const std::string& prefix) {
  learn::NamedTensors out;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) out[name.substr(prefix.size())] = tensor;
  }
  return out;
}

const std::string& metadata(const nn::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    throw Error(ErrorCode::kModel, "the checkpoint lacks " + key).in_file(file.path());
  return found->second;
}

double number(const nn::SafetensorsFile& file, const std::string& key) {
  const auto value = parse_double(metadata(file, key));
  if (!value) throw Error(ErrorCode::kModel, "the checkpoint's " + key + " is no number").in_file(file.path());
  return *value;
}

}  // namespace

void save_checkpoint(const std::string& path, const torch::nn::Module& module, const AdamW& optimizer,
                     const RunPosition& position, const std::string& run_digest) {
  learn::NamedTensors tensors;
  for (const auto& [name, tensor] : learn::named_state(module)) tensors[kModelPrefix + name] = tensor;
  for (const auto& [name, tensor] : optimizer.state()) tensors[kOptimizerPrefix + name] = tensor;
  tensors[kGenerator] = at::detail::getDefaultCPUGenerator().get_state();
  learn::save_tensors(path, tensors,
                      {{"run_digest", run_digest},
                       {"step", std::to_string(position.step)},
                       {"epoch_loss_sum", format_shortest(position.epoch_loss_sum)},
                       {"log_loss_sum", format_shortest(position.log_loss_sum)}});
}

std::optional<RunPosition> load_checkpoint(const std::string& path, torch::nn::Module& module, AdamW& optimizer,
                                           const std::string& run_digest) {
  if (!file_exists(path)) return std::nullopt;
  const auto file = nn::SafetensorsFile::open(path);
  if (metadata(file, "run_digest") != run_digest) {
    throw Error(ErrorCode::kUsage, "this folder holds a run of another config or other data")
        .in_file(path)
        .remedy("Give the new run a folder of its own (--output), or discard the old one with --restart.");
  }
  RunPosition position;
  position.step = static_cast<std::int64_t>(number(file, "step"));
  position.epoch_loss_sum = number(file, "epoch_loss_sum");
  position.log_loss_sum = number(file, "log_loss_sum");
  const learn::NamedTensors tensors = learn::load_all(file);
  learn::load_state(module, with_prefix(tensors, kModelPrefix), path);
  optimizer.load_state(with_prefix(tensors, kOptimizerPrefix), position.step, path);
  auto generator = at::detail::getDefaultCPUGenerator();
  generator.set_state(learn::load_tensor(file, kGenerator));
  return position;
}

}  // namespace molbridge::train
