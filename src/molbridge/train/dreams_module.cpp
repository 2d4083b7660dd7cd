#include "molbridge/train/dreams_module.hpp"

#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/dreams_folder.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::train {
namespace {

const std::string kFrequencies = "fourier_enc.b";
const std::string kMzHead = "ff_out.ff.0", kOrderHead = "ro_out";

/// Between two linear layers of a branch stand a dropout and a ReLU.
std::string chain_key(const std::string& part, std::size_t layer) { return part + ".ff." + std::to_string(3 * layer); }
std::string block_key(const char* part, std::int64_t block) {
  return "transformer_encoder." + std::string(part) + "." + std::to_string(block) + ".";
}

Error unfit(const nn::Weights& weights, const std::string& what) {
  return Error(ErrorCode::kModel, "this DreaMS network has " + what + ", with which it cannot be trained here")
      .in_file(weights.files().empty() ? "" : weights.files().front());
}

void require_trainable(const nn::Weights& weights, const encoders::DreamsConfig& config, const std::string& prefix) {
  if (config.vanilla) throw unfit(weights, "PyTorch's own encoder layers");
  if (!config.pre_norm) throw unfit(weights, "norms behind its blocks");
  if (config.d_mz_token > 0) throw unfit(weights, "m/z tokens");
  if (config.d_fourier == 0) throw unfit(weights, "no Fourier branch");
  if (config.attention != encoders::DreamsAttention::kDotProduct) throw unfit(weights, "additive attention");
  const std::string first = prefix + block_key("atts", 0);
  if (weights.has(first + "lin_graphormer.weight")) throw unfit(weights, "learned m/z differences");
  if (weights.has(first + "biases") || weights.has(prefix + block_key("ffs", 0) + "in_proj.bias")) {
    throw unfit(weights, "biases in its blocks");
  }
  if (weights.has(prefix + "transformer_encoder.scales.0.scale")) throw unfit(weights, "ScaleNorm");
}

/// Rows of a matrix, of which only the shape is asked.
std::int64_t rows_of(const nn::Weights& weights, const std::string& name) {
  const auto& shape = weights.at(name).shape;
  if (shape.size() != 2) throw unfit(weights, "'" + name + "' that is no matrix");
  return shape[0];
}

DreamsSizes sizes_of(const nn::Weights& weights, const encoders::DreamsConfig& config, const std::string& prefix) {
  DreamsSizes sizes{.layers = config.layers, .heads = config.heads, .d_fourier = config.d_fourier};
  sizes.d_peak = config.d_peak;
  sizes.max_mz = config.max_mz;
  sizes.mz_bin = config.mz_bin;
  sizes.graphormer = config.graphormer;
  sizes.feed_forward = rows_of(weights, prefix + block_key("ffs", 0) + "in_proj.weight");
  sizes.frequencies = weights.floats(prefix + kFrequencies, {1, -1});
  sizes.fourier_hidden.clear();
  for (std::size_t i = 0; weights.has(prefix + chain_key("ff_fourier", i + 1) + ".weight"); ++i) {
    sizes.fourier_hidden.push_back(rows_of(weights, prefix + chain_key("ff_fourier", i) + ".weight"));
  }
  if (weights.has(prefix + chain_key("ff_peak", 1) + ".weight"))
    throw unfit(weights, "hidden layers of the peak branch");
  if (weights.has(prefix + kMzHead + ".weight")) sizes.mz_classes = rows_of(weights, prefix + kMzHead + ".weight");
  sizes.order_head = weights.has(prefix + kOrderHead + ".weight");
  return sizes;
}

torch::Tensor normal(std::vector<std::int64_t> shape, double deviation) {
  return torch::empty(shape).normal_(0, deviation);
}

}  // namespace

std::vector<float> dreams_frequencies(double shortest, double longest) {
  MOLBRIDGE_CHECK(shortest > 0 && shortest < 1 && longest > 1, format_shortest(shortest));
  std::vector<float> list;
  for (double i = 2; i < std::ceil(1 / shortest); i += 2) list.push_back(static_cast<float>(1 / (shortest * i)));
  for (double i = 2; i < std::ceil(longest); i += 1) list.push_back(static_cast<float>(1 / i));
  return list;
}

std::vector<float> geometric_frequencies(double shortest, double longest, std::int64_t count) {
  MOLBRIDGE_CHECK(shortest > 0 && shortest < longest && count > 1, format_shortest(shortest));
  std::vector<float> list;
  for (std::int64_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    list.push_back(static_cast<float>(1 / (shortest * std::pow(longest / shortest, share))));
  }
  return list;
}

DreamsModule::DreamsModule(const DreamsSizes& sizes, const DreamsDropout& dropout) : sizes_(sizes), dropout_(dropout) {
  MOLBRIDGE_CHECK(sizes.layers > 0 && sizes.heads > 0 && sizes.d_peak > 0 && sizes.d_fourier > 0 &&
                      sizes.feed_forward > 0 && sizes.d_model() % sizes.heads == 0 && !sizes.frequencies.empty(),
                  "sizes of a DreaMS network");
  add_branches();
  for (std::int64_t block = 0; block < sizes.layers; ++block) add_block(block);
  for (std::int64_t i = 0; i <= 2 * sizes.layers; ++i) {
    add(block_key("scales", i) + "weight", torch::ones({sizes.d_model()}));
    add(block_key("scales", i) + "bias", torch::zeros({sizes.d_model()}));
  }
  if (sizes.mz_classes > 0) add_linear(kMzHead, sizes.d_model(), sizes.mz_classes, true);
  if (sizes.order_head) add_linear(kOrderHead, 2 * sizes.d_model(), 1, false);
}

void DreamsModule::add_branches() {
  const auto count = static_cast<std::int64_t>(sizes_.frequencies.size());
  add(kFrequencies, torch::tensor(sizes_.frequencies).view({1, count}), false);
  std::int64_t width = 2 * count;
  for (std::size_t i = 0; i <= sizes_.fourier_hidden.size(); ++i) {
    const std::int64_t next = i < sizes_.fourier_hidden.size() ? sizes_.fourier_hidden[i] : sizes_.d_fourier;
    add_linear(chain_key("ff_fourier", i), width, next, true);
    width = next;
  }
  add_linear(chain_key("ff_peak", 0), 2, sizes_.d_peak, true);
}

void DreamsModule::add_block(std::int64_t block) {
  const std::int64_t width = sizes_.d_model(), inner = sizes_.feed_forward;
  add(block_key("atts", block) + "weights",
      normal({4 * width, width}, std::sqrt(2 / (5 * static_cast<double>(width)))));
  const double deviation = std::sqrt(2 / static_cast<double>(inner + width));
  add(block_key("ffs", block) + "in_proj.weight", normal({inner, width}, deviation));
  add(block_key("ffs", block) + "out_proj.weight", normal({width, inner}, deviation));
}

/// As torch.nn.Linear draws its weights.
void DreamsModule::add_linear(const std::string& key, std::int64_t inputs, std::int64_t outputs, bool bias) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  add(key + ".weight", torch::empty({outputs, inputs}).uniform_(-bound, bound));
  if (bias) add(key + ".bias", torch::empty({outputs}).uniform_(-bound, bound));
}

/// A dotted name becomes a path of modules, as LibTorch allows no dots in names.
void DreamsModule::add(const std::string& name, torch::Tensor value, bool trainable) {
  torch::nn::Module* module = this;
  std::vector<std::string_view> parts = split(name, '.');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string part(parts[i]);
    const auto children = module->named_children();
    module = children.contains(part) ? children[part].get()
                                     : module->register_module(part, std::make_shared<torch::nn::Module>()).get();
  }
  tensors_[name] = module->register_parameter(std::string(parts.back()), std::move(value), trainable);
}

std::shared_ptr<DreamsModule> DreamsModule::load(const nn::Weights& weights, const encoders::DreamsConfig& config,
                                                 const std::string& prefix, const DreamsDropout& dropout) {
  require_trainable(weights, config, prefix);
  auto module = std::make_shared<DreamsModule>(sizes_of(weights, config, prefix), dropout);
  module->copy_from(weights, prefix);
  return module;
}

void DreamsModule::copy_from(const nn::Weights& weights, const std::string& prefix) {
  const torch::NoGradGuard no_gradients;
  for (auto& [name, tensor] : tensors_) {
    auto values = weights.floats(prefix + name, tensor.sizes().vec());
    tensor.copy_(torch::from_blob(values.data(), tensor.sizes()));
    weights.release(prefix + name);
  }
}

std::shared_ptr<DreamsModule> DreamsModule::open(const std::string& path, const DreamsDropout& dropout) {
  if (nn::is_model_folder(path)) {
    const Config manifest = nn::read_model_manifest(path);
    if (manifest.text("kind") != encoders::kDreamsKind) {
      throw Error(ErrorCode::kModel, "this is a model of kind '" + manifest.text("kind") + "', not of DreaMS")
          .in_file(manifest.name());
    }
    return load(nn::Weights::open(path), encoders::read_dreams_config(manifest), "", dropout);
  }
  const auto weights = nn::Weights::open(path);
  const auto prefix = encoders::find_dreams_prefix(weights);
  if (!prefix) {
    throw Error(ErrorCode::kModel, "no DreaMS network in it: no tensor 'ff_peak.ff.0.weight' under any prefix")
        .in_file(path);
  }
  return load(weights, encoders::infer_dreams_config(weights, *prefix), *prefix, dropout);
}

void DreamsModule::set_trainable(std::int64_t last_blocks, bool with_norms, bool embeddings) {
  const bool all = last_blocks >= sizes_.layers && with_norms && embeddings;
  for (auto& [name, tensor] : tensors_) {
    bool trainable = embeddings && name.starts_with("ff_") && !name.starts_with(kMzHead);
    for (std::int64_t block = std::max<std::int64_t>(0, sizes_.layers - last_blocks); block < sizes_.layers; ++block) {
      trainable = trainable || name.starts_with(block_key("atts", block)) || name.starts_with(block_key("ffs", block));
      const bool norms =
          name.starts_with(block_key("scales", 2 * block)) || name.starts_with(block_key("scales", 2 * block + 1));
      trainable = trainable || (with_norms && norms);
    }
    tensor.set_requires_grad((trainable || all) && name != kFrequencies);
  }
}

std::int64_t DreamsModule::num_parameters(bool trainable_only) const {
  std::int64_t count = 0;
  for (const auto& [name, tensor] : tensors_) {
    if (tensor.requires_grad() || !trainable_only) count += tensor.numel();
  }
  return count;
}

const torch::Tensor& DreamsModule::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  MOLBRIDGE_CHECK(found != tensors_.end(), name);
  return found->second;
}

encoders::DreamsConfig DreamsModule::config() const {
  encoders::DreamsConfig config{.layers = sizes_.layers, .heads = sizes_.heads, .d_fourier = sizes_.d_fourier};
  config.d_peak = sizes_.d_peak;
  config.max_mz = sizes_.max_mz;
  config.mz_bin = sizes_.mz_bin;
  config.graphormer = sizes_.graphormer;
  return config;
}

void DreamsModule::write(ConfigWriter& manifest, nn::SafetensorsWriter& weights, const std::string& prefix) const {
  encoders::write_dreams_config(config(), manifest);
  for (const auto& [name, tensor] : tensors_) {
    learn::add_tensor(weights, prefix + name, tensor.to(torch::kFloat32));
  }
}

}  // namespace molbridge::train
