#include "molbridge/encoders/spectrum/dreams_folder.hpp"

#include <array>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::encoders {
namespace {

struct Unused {
  std::string_view start;
  std::string_view reason;
};
constexpr std::array kUnused = {
    Unused{"fourier_enc.Fourier frequencies", "a second name of fourier_enc.b"},
    Unused{"ff_out_intens.", "head of the pre-training (intensities)"},
    Unused{"ff_out.", "head of the pre-training (masked m/z)"},
    Unused{"ro_out.", "head of the pre-training (retention order)"},
    Unused{"mz_masking_loss.", "loss of the pre-training"},
};
constexpr std::array<std::string_view, 6> kUsed = {"fourier_enc.b",   "ff_fourier.ff.",      "ff_peak.ff.",
                                                   "ff_mz_token.ff.", "mz_tokenizer.weight", "transformer_encoder."};

bool is_used(std::string_view key) {
  for (const auto start : kUsed) {
    if (key.starts_with(start)) return true;
  }
  return false;
}

bool is_head(std::string_view name) { return name == "head.weight" || name == "head.bias"; }

std::string_view reason_not_used(std::string_view key) {
  for (const auto& unused : kUnused) {
    if (key.starts_with(unused.start)) return unused.reason;
  }
  return {};
}

DreamsAttention parse_attention(const std::string& text, const std::string& file) {
  for (const auto kind :
       {DreamsAttention::kDotProduct, DreamsAttention::kAdditiveFixed, DreamsAttention::kAdditiveVector}) {
    if (text == name(kind)) return kind;
  }
  throw Error(ErrorCode::kModel, "unknown dreams.attention '" + text + "'").in_file(file);
}

/// Of names, shapes and values of what the network uses: two thirds of a checkpoint are the optimiser's.
std::string digest_of_used_tensors(const std::string& file) {
  const auto weights = nn::Weights::open(file);
  Sha256 hash;
  const std::string prefix = find_dreams_prefix(weights).value_or("");
  for (const auto& [name, view] : weights.tensors()) {
    const bool inside = name.starts_with(prefix) && is_used(std::string_view(name).substr(prefix.size()));
    if (!inside && !is_head(name)) continue;
    const std::string key = inside ? name.substr(prefix.size()) : name;
    hash.update(key + " " + std::string(nn::name(view.type)));
    for (const auto size : view.shape) hash.update(" " + std::to_string(size));
    hash.update("\n");
    hash.update(view.bytes);
    weights.release(name);
  }
  return hash.finish();
}

constexpr std::int64_t kPublishedPeaks = 100, kMostPeaks = 1 << 20;

OpenedDreams open_folder(const std::string& path, const DreamsOptions& options) {
  const std::string manifest_path = path + "/" + nn::kManifestFile;
  const auto manifest = Config::read(manifest_path, true);
  if (manifest.text("kind") != kDreamsKind) {
    throw Error(ErrorCode::kModel, "this is a model of kind '" + manifest.text("kind") + "', not of DreaMS")
        .in_file(manifest_path);
  }
  OpenedDreams opened;
  opened.config = read_dreams_config(manifest);
  opened.files = {path + "/" + nn::kWeightsFile};
  opened.weights_digest = manifest.text("files.weights_safetensors");
  opened.encoder =
      DreamsEncoder::open(nn::Weights::open(opened.files[0]), opened.config, read_dreams_input(manifest, options));
  return opened;
}

}  // namespace

void write_dreams_config(const DreamsConfig& config, ConfigWriter& manifest) {
  manifest.integer("dreams.layers", config.layers);
  manifest.integer("dreams.heads", config.heads);
  manifest.integer("dreams.d_peak", config.d_peak);
  manifest.integer("dreams.d_fourier", config.d_fourier);
  manifest.integer("dreams.d_mz_token", config.d_mz_token);
  manifest.number("dreams.max_mz", config.max_mz);
  manifest.number("dreams.mz_bin", config.mz_bin);
  manifest.flag("dreams.graphormer", config.graphormer);
  manifest.flag("dreams.pre_norm", config.pre_norm);
  manifest.flag("dreams.vanilla", config.vanilla);
  manifest.text("dreams.attention", name(config.attention));
}

DreamsConfig read_dreams_config(const Config& manifest) {
  DreamsConfig config;
  config.layers = manifest.integer("dreams.layers");
  config.heads = manifest.integer("dreams.heads");
  config.d_peak = manifest.integer("dreams.d_peak");
  config.d_fourier = manifest.integer("dreams.d_fourier");
  config.d_mz_token = manifest.integer("dreams.d_mz_token", 0);
  config.max_mz = manifest.number("dreams.max_mz", 1000.0);
  config.mz_bin = manifest.number("dreams.mz_bin", 0.05);
  config.graphormer = manifest.flag("dreams.graphormer", true);
  config.pre_norm = manifest.flag("dreams.pre_norm", true);
  config.vanilla = manifest.flag("dreams.vanilla", false);
  config.attention = parse_attention(manifest.text("dreams.attention", "dot-product"), manifest.name());
  const bool small = config.layers > 0 && config.layers <= 1000 && config.heads > 0 && config.d_peak > 0 &&
                     config.d_fourier >= 0 && config.d_mz_token >= 0 && config.d_model() <= (1 << 20) &&
                     config.max_mz > 0 && config.mz_bin > 0;
  if (!small || config.d_model() % config.heads != 0) {
    throw Error(ErrorCode::kModel, "sizes below [dreams] are impossible").in_file(manifest.name());
  }
  return config;
}

void write_dreams_input(const DreamsOptions& options, ConfigWriter& manifest) {
  manifest.integer("input.peaks", options.peaks);
  manifest.flag("input.padding_tokens", options.padding_tokens);
}

DreamsOptions read_dreams_input(const Config& manifest, DreamsOptions options) {
  const std::int64_t peaks = manifest.integer("input.peaks", kPublishedPeaks);
  if (peaks < 1 || peaks > kMostPeaks) {
    throw Error(ErrorCode::kModel, "input.peaks is " + std::to_string(peaks)).in_file(manifest.name());
  }
  if (options.peaks == 0) options.peaks = peaks;
  options.padding_tokens = manifest.flag("input.padding_tokens", true);
  return options;
}

DreamsTensors sort_dreams_tensors(const nn::Weights& weights, const std::string& prefix) {
  DreamsTensors tensors;
  std::string unknown;
  for (const auto& [name, view] : weights.tensors()) {
    const bool inside = name.starts_with(prefix);
    const std::string key = inside ? name.substr(prefix.size()) : name;
    if (inside && is_used(key)) {
      tensors.kept.emplace_back(name, key);
    } else if (is_head(name)) {
      tensors.kept.emplace_back(name, name);
    } else if (name.starts_with("CONSTANTS.")) {
      tensors.dropped.push_back(name + ": a constant of the exported program");
    } else if (const auto reason = reason_not_used(key); inside && !reason.empty()) {
      tensors.dropped.push_back(name + ": " + std::string(reason));
    } else {
      unknown += (unknown.empty() ? "'" : ", '") + name + "'";
    }
  }
  if (!unknown.empty()) {
    throw Error(ErrorCode::kModel, "tensors that belong to no DreaMS network: " + unknown.substr(0, 600))
        .in_file(weights.files().empty() ? "" : weights.files()[0]);
  }
  return tensors;
}

std::string OpenedDreams::digest() const {
  std::string text = weights_digest.empty() ? digest_of_used_tensors(files.at(0)) : weights_digest;
  const DreamsOptions& options = encoder->options();
  ConfigWriter config_text;
  write_dreams_config(config, config_text);
  text += "\n" + config_text.str() + "input " + std::string(name(options.input)) + "\npeaks " +
          std::to_string(options.peaks) + "\nwidth " + std::to_string(encoder->width()) +
          (options.use_head ? "\nhead\n" : "\nno head\n") + (options.padding_tokens ? "" : "no padding\n");
  return sha256(text);
}

OpenedDreams open_dreams(const std::string& path, const DreamsOptions& options) {
  if (file_exists(path + "/" + nn::kManifestFile)) return open_folder(path, options);
  const auto weights = nn::Weights::open(path);
  const auto prefix = find_dreams_prefix(weights);
  if (!prefix) {
    throw Error(ErrorCode::kModel, "no DreaMS network in it: no tensor 'ff_peak.ff.0.weight' under any prefix")
        .in_file(path);
  }
  OpenedDreams opened;
  opened.config = infer_dreams_config(weights, *prefix);
  opened.files = weights.files();
  DreamsOptions resolved = options;
  if (resolved.peaks == 0) resolved.peaks = kPublishedPeaks;
  opened.encoder = DreamsEncoder::open(weights, opened.config, resolved, *prefix);
  return opened;
}

}  // namespace molbridge::encoders
