#include "molbridge/encoders/transformer/pooling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "molbridge/core/files.hpp"
#include "molbridge/encoders/tokenizers/json_fields.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::uint64_t kMaxJsonBytes = 1'000'000;
constexpr std::array<std::pair<std::string_view, Pooling>, 5> kPoolings = {{{"cls", Pooling::kCls},
                                                                            {"mean", Pooling::kMean},
                                                                            {"residues", Pooling::kResidues},
                                                                            {"max", Pooling::kMax},
                                                                            {"pooler", Pooling::kPooler}}};

std::optional<JsonFields> read_json(const std::string& path) {
  if (!file_exists(path)) return std::nullopt;
  return JsonFields::parse(read_text_file(path, kMaxJsonBytes), path);
}

/// One of the pooling_mode_... flags must be true, and one that is computed here.
Pooling read_pooling_module(const std::string& path) {
  const auto json = read_json(path);
  if (!json) throw Error(ErrorCode::kModel, "is missing, though modules.json names it").in_file(path);
  std::vector<std::string> modes;
  json->each_member([&](const std::string& key, const JsonFields& value) {
    if (key.starts_with("pooling_mode_") && value.boolean()) modes.push_back(key.substr(13));
  });
  if (modes.size() == 1 && modes[0] == "cls_token") return Pooling::kCls;
  if (modes.size() == 1 && modes[0] == "mean_tokens") return Pooling::kMean;
  if (modes.size() == 1 && modes[0] == "max_tokens") return Pooling::kMax;
  std::string found;
  for (const std::string& mode : modes) found += (found.empty() ? "" : " + ") + mode;
  throw Error(ErrorCode::kModel, "asks for the pooling \"" + found + "\", which is not computed here")
      .in_file(path)
      .remedy("choose a pooling: cls, mean, max");
}

/// "sentence_transformers.models.Pooling" and names of later versions end alike.
bool is_module(const std::string& type, std::string_view name) {
  return type.ends_with("." + std::string(name)) || type == name;
}

void read_modules(const std::string& folder, const JsonFields& modules, FolderPooling& result) {
  modules.each_element([&](const JsonFields& module) {
    const std::string type = module.text("type"), path = module.text("path", "");
    if (is_module(type, "Transformer")) return;
    if (is_module(type, "Pooling")) {
      if (path.find("..") != std::string::npos || path.starts_with("/")) module.refuse("path leaves the folder");
      result.pooling = read_pooling_module(folder + "/" + path + "/config.json");
    } else if (is_module(type, "Normalize")) {
      result.normalize = true;
    } else {
      module.refuse("the module " + type + " is not computed here; choose a pooling to take the network without it");
    }
  });
}

void pool_max(std::span<const float> states, std::size_t width, std::span<float> out) {
  std::copy_n(states.begin(), width, out.begin());
  for (std::size_t row = width; row < states.size(); row += width) {
    for (std::size_t i = 0; i < width; ++i) out[i] = std::max(out[i], states[row + i]);
  }
}

void pool_mean(std::span<const float> states, std::span<const std::uint8_t> skip, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0F);
  std::int64_t count = 0;
  const std::size_t width = out.size();
  for (std::size_t t = 0; t * width < states.size(); ++t) {
    if (!skip.empty() && skip[t] != 0) continue;
    for (std::size_t i = 0; i < width; ++i) out[i] += states[t * width + i];
    ++count;
  }
  for (float& value : out) value /= static_cast<float>(count);
}

}  // namespace

Pooling parse_pooling(std::string_view text) {
  for (const auto& [name, pooling] : kPoolings) {
    if (name == text) return pooling;
  }
  throw Error(ErrorCode::kUsage, "unknown pooling \"" + std::string(text) + "\"")
      .remedy("one of cls, mean, residues, max, pooler");
}

std::string_view name(Pooling pooling) {
  for (const auto& [text, value] : kPoolings) {
    if (value == pooling) return text;
  }
  return "";
}

FolderPooling read_folder_pooling(const std::string& folder, bool chosen) {
  FolderPooling result;
  if (const auto config = read_json(folder + "/sentence_bert_config.json")) {
    result.max_tokens = config->integer("max_seq_length", 0);
    if (result.max_tokens < 0) config->refuse("max_seq_length is negative");
  }
  if (chosen) return result;
  if (const auto modules = read_json(folder + "/modules.json")) {
    read_modules(folder, *modules, result);
  } else if (file_exists(folder + "/1_Pooling/config.json")) {
    result.pooling = read_pooling_module(folder + "/1_Pooling/config.json");
  }
  return result;
}

Pooling usual_pooling(TransformerKind kind) {
  switch (kind) {
    case TransformerKind::kRoberta: return Pooling::kCls;
    case TransformerKind::kEsm: return Pooling::kResidues;
    case TransformerKind::kBert:
    case TransformerKind::kAlbert: return Pooling::kMean;
  }
  return Pooling::kMean;
}

void pool_tokens(Pooling pooling, std::span<const float> states, std::span<const std::uint8_t> special,
                 std::span<float> out) {
  if (pooling == Pooling::kMax) return pool_max(states, out.size(), out);
  const bool own = std::find(special.begin(), special.end(), 0) != special.end();
  pool_mean(states, pooling == Pooling::kResidues && own ? special : std::span<const std::uint8_t>(), out);
}

void normalize_length(std::span<float> vector) {
  double sum = 0;
  for (const float value : vector) sum += static_cast<double>(value) * value;
  const auto factor = static_cast<float>(1 / std::max(std::sqrt(sum), 1e-12));
  for (float& value : vector) value *= factor;
}

}  // namespace molbridge::encoders
