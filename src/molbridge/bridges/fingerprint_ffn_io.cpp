#include "molbridge/bridges/fingerprint_ffn_io.hpp"

namespace molbridge::bridges {
namespace {

constexpr const char* kPrefix = "bridge.";
constexpr std::int64_t kMaxSize = 1 << 24;  // no manifest can ask for more than a file could hold

std::int64_t size_of(const nn::ModelFolder& folder, const std::string& key) {
  const std::int64_t value = folder.manifest.integer(key);
  if (value < 1 || value > kMaxSize) {
    throw Error(ErrorCode::kModel, key + " is " + std::to_string(value)).in_file(folder.path + "/" + nn::kManifestFile);
  }
  return value;
}

/// The tensors decide how much is allocated: a manifest that promises other sizes is refused before that.
void check_sizes(const nn::ModelFolder& folder, const FingerprintFfnOptions& options) {
  const auto& input = folder.weights.at(std::string(kPrefix) + "input_weight");
  const auto& output = folder.weights.at(std::string(kPrefix) + "output.weight");
  const bool fits = input.shape == std::vector<std::int64_t>{options.inputs, options.hidden} &&
                    output.shape == std::vector<std::int64_t>{options.outputs, options.hidden} && options.layers <= 64;
  if (!fits)
    throw Error(ErrorCode::kModel, "the tensors do not have the sizes of model.toml").in_file(folder.weights.path());
}

}  // namespace

void write_fingerprint_ffn(const FingerprintFfnImpl& model, ConfigWriter& manifest, nn::NamedTensors& weights) {
  const FingerprintFfnOptions& options = model.options();
  manifest.text("bridge.kind", "fingerprint-ffn");
  manifest.integer("bridge.inputs", options.inputs);
  manifest.integer("bridge.hidden", options.hidden);
  manifest.integer("bridge.layers", options.layers);
  manifest.integer("bridge.outputs", options.outputs);
  manifest.number("bridge.dropout", options.dropout);
  for (const auto& [name, tensor] : nn::named_state(model)) weights[kPrefix + name] = tensor.to(torch::kFloat16);
}

FingerprintFfn read_fingerprint_ffn(const nn::ModelFolder& folder, std::int64_t inputs) {
  FingerprintFfnOptions options;
  options.inputs = size_of(folder, "bridge.inputs");
  options.hidden = size_of(folder, "bridge.hidden");
  options.layers = size_of(folder, "bridge.layers");
  options.outputs = size_of(folder, "bridge.outputs");
  options.dropout = folder.manifest.number("bridge.dropout");
  check_sizes(folder, options);
  if (options.inputs != inputs) {
    throw Error(ErrorCode::kModel, "bridge.inputs is " + std::to_string(options.inputs) +
                                       ", the spectrum encoder gives " + std::to_string(inputs))
        .in_file(folder.path + "/" + nn::kManifestFile);
  }
  nn::NamedTensors tensors;
  for (const auto& [name, view] : folder.weights.tensors()) {
    if (name.starts_with(kPrefix))
      tensors[name.substr(std::string(kPrefix).size())] = nn::load_float(folder.weights, name);
  }
  FingerprintFfn model(options);
  nn::load_state(*model, tensors, folder.weights.path());
  model->eval();
  return model;
}

}  // namespace molbridge::bridges
