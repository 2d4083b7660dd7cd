// What a SpecBridge task writes: the cache of its frozen part, and the model.
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/train/specbridge_task.hpp"

namespace molbridge::train {
namespace {

constexpr const char* kCacheVersion = "1";
constexpr const char* kDreamsPrefix = "spec.dreams.";
constexpr const char* kHeadPrefix = "spec.proj.";
constexpr const char* kMapperPrefix = "mapB.";

void update(Sha256& hash, const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().contiguous();
  hash.update(std::string_view(static_cast<const char*>(plain.data_ptr()), plain.nbytes()));
}

void add_module(nn::SafetensorsWriter& writer, const std::string& prefix, const torch::nn::Module& module) {
  for (const auto& [name, tensor] : learn::named_state(module)) learn::add_tensor(writer, prefix + name, tensor);
}

}  // namespace

/// Of the frozen weights and the tokens: all that decides what is cached.
std::string SpecbridgeTask::cache_path() const {
  Sha256 hash;
  hash.update(std::string(kCacheVersion) + " " + std::to_string(net_->first_trained_block()) + " " +
              std::to_string(static_cast<int>(net_->options().pooling)));
  for (const auto& [name, tensor] : learn::named_state(net_->dreams())) {
    hash.update(name);
    update(hash, tensor);
  }
  for (const auto& spectrum : dataset_.spectra) {
    const encoders::DreamsTokens input = tokens(spectrum, spectrum.peaks);
    hash.update(std::string_view(reinterpret_cast<const char*>(input.peaks.data()),
                                 input.peaks.size() * sizeof(encoders::DreamsPeak)));
    hash.update(std::to_string(input.pads) + ";");
  }
  return options_.cache_folder + "/frozen-" + hash.finish() + ".safetensors";
}

bool SpecbridgeTask::read_cache(const std::string& path) {
  if (!file_exists(path)) return false;
  const auto file = nn::SafetensorsFile::open(path);
  if (net_->encoder_is_frozen()) {
    pooled_ = learn::load_tensor(file, "pooled");
    return true;
  }
  const torch::Tensor lengths = learn::load_tensor(file, "lengths");
  DreamsState all{learn::load_tensor(file, "tokens"),
                  learn::load_tensor(file, "sums"),
                  learn::load_tensor(file, "counts"),
                  learn::load_tensor(file, "is_padding"),
                  {lengths.data_ptr<std::int64_t>(), lengths.data_ptr<std::int64_t>() + lengths.numel()}};
  states_ = split_states(all);
  return true;
}

void SpecbridgeTask::write_cache(const std::string& path) const {
  learn::NamedTensors tensors;
  if (net_->encoder_is_frozen()) {
    tensors["pooled"] = pooled_;
  } else {
    const DreamsState all = join_states(states_);
    tensors = {{"tokens", all.tokens},
               {"sums", all.sums},
               {"counts", all.counts},
               {"is_padding", all.is_padding},
               {"lengths", torch::tensor(all.lengths, torch::kInt64)}};
  }
  make_folders(options_.cache_folder);
  learn::save_tensors(path, tensors);
}

void SpecbridgeTask::write_model(nn::ModelFolderWriter& writer) const {
  writer.manifest.text("input.kind", encoders::name(options_.input.input));
  writer.manifest.integer("input.peaks", options_.input.peaks);
  writer.manifest.flag("input.padding_tokens", options_.input.padding_tokens);
  net_->dreams().write(writer.manifest, writer.weights, kDreamsPrefix);
  const SpecbridgeNetOptions& sizes = net_->options();
  writer.manifest.integer("head.inputs", sizes.head.inputs);
  writer.manifest.integer("head.hidden", sizes.head.hidden);
  writer.manifest.integer("head.outputs", sizes.head.outputs);
  writer.manifest.integer("mapper.blocks", sizes.mapper.blocks);
  writer.manifest.integer("mapper.hidden", sizes.mapper.hidden);
  writer.manifest.integer("mapper.outputs", sizes.mapper.outputs);
  add_module(writer.weights, kHeadPrefix, *net_->head());
  add_module(writer.weights, kMapperPrefix, *net_->mapper());
}

}  // namespace molbridge::train
