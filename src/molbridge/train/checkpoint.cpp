#include "molbridge/train/checkpoint.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::train {
namespace {

constexpr const char* kModelPrefix = "model.";
constexpr const char* kOptimizerPrefix = "adamw.";
constexpr const char* kGenerator = "generator";
constexpr const char* kLogPrefix = "log.";

learn::NamedTensors with_prefix(const learn::NamedTensors& tensors, const std::string& prefix) {
  learn::NamedTensors out;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) out[name.substr(prefix.size())] = tensor;
  }
  return out;
}

learn::NamedTensors add_prefix(const learn::NamedTensors& tensors, const std::string& prefix) {
  learn::NamedTensors out;
  for (const auto& [name, tensor] : tensors) out[prefix + name] = tensor;
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

std::int64_t integer(const nn::SafetensorsFile& file, const std::string& key) {
  return static_cast<std::int64_t>(number(file, key));
}

void load_trained_state(torch::nn::Module& module, const learn::NamedTensors& tensors, const std::string& file) {
  const torch::NoGradGuard no_grad;
  learn::NamedTensors state = trained_state(module);
  for (const auto& [name, tensor] : tensors) {
    const auto target = state.find(name);
    if (target == state.end() || target->second.sizes() != tensor.sizes())
      throw Error(ErrorCode::kModel, "the checkpoint does not fit: " + name).in_file(file);
    target->second.copy_(tensor);
    state.erase(target);
  }
  if (!state.empty()) throw Error(ErrorCode::kModel, "the checkpoint lacks " + state.begin()->first).in_file(file);
}

void require_identity(const nn::SafetensorsFile& file, const RunIdentity& identity) {
  if (metadata(file, "job") != identity.job) {
    throw Error(ErrorCode::kUsage, "this folder holds a run of another config or other data")
        .in_file(file.path())
        .remedy("Give the new run a folder of its own (--output), or discard the old one with --restart.");
  }
  if (identity.loop.empty() || metadata(file, "loop") == identity.loop) return;
  throw Error(ErrorCode::kUsage, "this folder holds a run with other [train] settings")
      .in_file(file.path())
      .remedy(
          "Go on with the new settings by --continue, give the new run a folder of its own (--output), or discard the "
          "old one with --restart.");
}

/// "log.<place>.<name>": the order of the columns must survive.
void put_position(std::map<std::string, std::string>& out, const RunPosition& position) {
  out["step"] = std::to_string(position.step);
  out["epoch_loss_sum"] = format_shortest(position.epoch_loss_sum);
  out["last_epoch_loss"] = format_shortest(position.last_epoch_loss);
  out["best_value"] = format_shortest(position.best_value);
  out["best_step"] = std::to_string(position.best_step);
  out["misses"] = std::to_string(position.misses);
  out["stopped"] = position.stopped ? "1" : "0";
  for (std::size_t i = 0; i < position.log_sums.size(); ++i) {
    const std::string place = std::to_string(1000 + i);
    out[kLogPrefix + place + "." + position.log_sums[i].first] = format_shortest(position.log_sums[i].second);
  }
}

RunPosition position_of(const nn::SafetensorsFile& file) {
  RunPosition position;
  position.step = integer(file, "step");
  position.epoch_loss_sum = number(file, "epoch_loss_sum");
  position.last_epoch_loss = number(file, "last_epoch_loss");
  position.best_value = number(file, "best_value");
  position.best_step = integer(file, "best_step");
  position.misses = integer(file, "misses");
  position.stopped = integer(file, "stopped") != 0;
  for (const auto& [key, text] : file.metadata()) {  // sorted by place
    constexpr std::size_t kNameAt = 9;               // behind "log.1000."
    if (key.starts_with(kLogPrefix) && key.size() > kNameAt)
      position.log_sums.emplace_back(key.substr(kNameAt), number(file, key));
  }
  return position;
}

}  // namespace

learn::NamedTensors trained_state(const torch::nn::Module& module) {
  learn::NamedTensors out;
  for (const auto& item : module.named_parameters()) {
    if (item.value().requires_grad()) out[item.key()] = item.value();
  }
  for (const auto& item : module.named_buffers()) out[item.key()] = item.value();
  return out;
}

void save_checkpoint(const std::string& path, const torch::nn::Module& module, const AdamW& optimizer,
                     const RunPosition& position, const RunIdentity& identity) {
  learn::NamedTensors tensors = add_prefix(trained_state(module), kModelPrefix);
  tensors.merge(add_prefix(optimizer.state(), kOptimizerPrefix));
  tensors[kGenerator] = at::detail::getDefaultCPUGenerator().get_state();
  std::map<std::string, std::string> facts{{"job", identity.job}, {"loop", identity.loop}};
  put_position(facts, position);
  learn::save_tensors(path, tensors, facts);
}

std::optional<RunPosition> load_checkpoint(const std::string& path, torch::nn::Module& module, AdamW& optimizer,
                                           const RunIdentity& identity) {
  if (!file_exists(path)) return std::nullopt;
  const auto file = nn::SafetensorsFile::open(path);
  require_identity(file, identity);
  const RunPosition position = position_of(file);
  const learn::NamedTensors tensors = learn::load_all(file);
  load_trained_state(module, with_prefix(tensors, kModelPrefix), path);
  optimizer.load_state(with_prefix(tensors, kOptimizerPrefix), position.step, path);
  auto generator = at::detail::getDefaultCPUGenerator();
  generator.set_state(learn::load_tensor(file, kGenerator));
  return position;
}

void require_same_run(const std::string& path, const RunIdentity& identity) {
  if (file_exists(path)) require_identity(nn::SafetensorsFile::open(path), identity);
}

void save_trained(const std::string& path, const torch::nn::Module& module, const RunIdentity& identity) {
  learn::save_tensors(path, add_prefix(trained_state(module), kModelPrefix), {{"job", identity.job}});
}

void load_trained(const std::string& path, torch::nn::Module& module, const RunIdentity& identity) {
  const auto file = nn::SafetensorsFile::open(path);
  require_identity(file, {identity.job, ""});
  load_trained_state(module, with_prefix(learn::load_all(file), kModelPrefix), path);
}

Transfer transfer_trained(const std::string& run_folder, torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  std::string path = run_folder + "/" + kBestFile;
  if (!file_exists(path)) path = run_folder + "/" + kCheckpointFile;
  const learn::NamedTensors tensors = with_prefix(learn::load_all(nn::SafetensorsFile::open(path)), kModelPrefix);
  Transfer transfer;
  for (auto& [name, target] : trained_state(module)) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.sizes() != target.sizes()) {
      transfer.left.push_back(name);
      continue;
    }
    target.copy_(found->second);
    ++transfer.taken;
  }
  if (transfer.taken == 0)
    throw Error(ErrorCode::kModel, "holds no parameter that this config trains")
        .in_file(path)
        .remedy("--fork starts from a run with the same parts: the same kind of bridge and sizes.");
  return transfer;
}

}  // namespace molbridge::train
