#include "molbridge/service/transformer_tensors.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"

namespace molbridge::service {
namespace {

using Shape = std::vector<std::int64_t>;

struct Expected {
  Shape shape;
  bool optional = false;
};
using Layout = std::map<std::string, Expected>;

void add_linear(Layout& layout, const std::string& name, std::int64_t outputs, std::int64_t inputs,
                bool optional = false) {
  layout[name + ".weight"] = {{outputs, inputs}, optional};
  layout[name + ".bias"] = {{outputs}, optional};
}

void add_norm(Layout& layout, const std::string& name, std::int64_t width) {
  layout[name + ".weight"] = {{width}};
  layout[name + ".bias"] = {{width}};
}

void add_embeddings(Layout& layout, const TransformerSizes& sizes, std::int64_t width) {
  layout["embeddings.word_embeddings.weight"] = {{sizes.vocabulary, width}};
  layout["embeddings.position_embeddings.weight"] = {{sizes.positions, width}};
  layout["embeddings.token_type_embeddings.weight"] = {{sizes.token_types, width}};
  add_norm(layout, "embeddings.LayerNorm", width);
}

void add_attention(Layout& layout, const std::string& name, std::int64_t hidden) {
  for (const char* part : {"query", "key", "value"}) add_linear(layout, name + "." + part, hidden, hidden);
}

Layout bert_layout(const TransformerSizes& sizes) {
  Layout layout;
  const std::int64_t d = sizes.hidden;
  add_embeddings(layout, sizes, d);
  for (std::int64_t i = 0; i < sizes.layers; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    add_attention(layout, layer + "attention.self", d);
    add_linear(layout, layer + "attention.output.dense", d, d);
    add_norm(layout, layer + "attention.output.LayerNorm", d);
    add_linear(layout, layer + "intermediate.dense", sizes.intermediate, d);
    add_linear(layout, layer + "output.dense", d, sizes.intermediate);
    add_norm(layout, layer + "output.LayerNorm", d);
  }
  add_linear(layout, "pooler.dense", d, d, true);
  return layout;
}

Layout albert_layout(const TransformerSizes& sizes) {
  Layout layout;
  const std::int64_t d = sizes.hidden;
  add_embeddings(layout, sizes, sizes.embedding);
  add_linear(layout, "encoder.embedding_hidden_mapping_in", d, sizes.embedding);
  for (std::int64_t g = 0; g < sizes.groups; ++g) {
    for (std::int64_t i = 0; i < sizes.inner; ++i) {
      const std::string layer =
          "encoder.albert_layer_groups." + std::to_string(g) + ".albert_layers." + std::to_string(i) + ".";
      add_norm(layout, layer + "full_layer_layer_norm", d);
      add_attention(layout, layer + "attention", d);
      add_linear(layout, layer + "attention.dense", d, d);
      add_norm(layout, layer + "attention.LayerNorm", d);
      add_linear(layout, layer + "ffn", sizes.intermediate, d);
      add_linear(layout, layer + "ffn_output", d, sizes.intermediate);
    }
  }
  add_linear(layout, "pooler", d, d, true);
  return layout;
}

Layout esm_layout(const TransformerSizes& sizes) {
  Layout layout;
  const std::int64_t d = sizes.hidden;
  layout["embeddings.word_embeddings.weight"] = {{sizes.vocabulary, d}};
  if (sizes.normalize_embeddings) add_norm(layout, "embeddings.layer_norm", d);
  for (std::int64_t i = 0; i < sizes.layers; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    add_attention(layout, layer + "attention.self", d);
    add_linear(layout, layer + "attention.output.dense", d, d);
    add_norm(layout, layer + "attention.LayerNorm", d);
    add_linear(layout, layer + "intermediate.dense", sizes.intermediate, d);
    add_linear(layout, layer + "output.dense", d, sizes.intermediate);
    add_norm(layout, layer + "LayerNorm", d);
  }
  add_norm(layout, "encoder.emb_layer_norm_after", d);
  add_linear(layout, "pooler.dense", d, d, true);
  return layout;
}

Layout layout_of(const TransformerSizes& sizes) {
  if (sizes.kind == "albert") return albert_layout(sizes);
  return sizes.kind == "esm" ? esm_layout(sizes) : bert_layout(sizes);
}

/// Old files call the parameters of a norm gamma and beta.
std::string modern(std::string key) {
  for (const auto& [old_name, new_name] : {std::pair{".gamma", ".weight"}, std::pair{".beta", ".bias"}}) {
    if (key.ends_with(old_name)) key = key.substr(0, key.size() - std::string_view(old_name).size()) + new_name;
  }
  return key;
}

/// "roberta.", "bert." or "": what stands before the backbone's names.
std::string find_prefix(const nn::Weights& weights) {
  constexpr std::string_view kMark = "embeddings.word_embeddings.weight";
  for (const auto& [name, view] : weights.tensors()) {
    if (name.ends_with(kMark)) return name.substr(0, name.size() - kMark.size());
  }
  return "";
}

bool starts_with_any(std::string_view text, const auto& starts) {
  return std::any_of(starts.begin(), starts.end(), [&](const auto& start) { return text.starts_with(start); });
}

/// Heads of the pre-training and of tasks, and buffers that are computed anew.
bool is_needless(std::string_view name, std::string_view inside, const std::string& kind) {
  constexpr std::array<std::string_view, 8> kHeads = {
      "lm_head.",        "cls.",       "predictions.",  "classifier.",
      "sop_classifier.", "qa_outputs", "contact_head.", "discriminator_"};
  if (starts_with_any(name, kHeads) || starts_with_any(inside, kHeads)) return true;
  if (inside.ends_with("embeddings.position_ids") || inside.ends_with("rotary_embeddings.inv_freq")) return true;
  return kind == "esm" && inside == "embeddings.position_embeddings.weight";
}

std::int64_t integer(const Json& json, const char* key, std::int64_t fallback, const std::string& file) {
  constexpr std::int64_t kMost = std::int64_t{1} << 28;
  if (!json.contains(key) || json[key].is_null()) {
    if (fallback >= 0) return fallback;
    throw Error(ErrorCode::kModel, std::string("has no ") + key).in_file(file);
  }
  const Json& value = json[key];
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > kMost) {
    throw Error(ErrorCode::kModel, std::string(key) + " is no size: " + value.dump().substr(0, 60)).in_file(file);
  }
  return value.get<std::int64_t>();
}

std::string text_of(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

Json read_config(const std::string& path) {
  try {
    return read_json_file(path);
  } catch (const Error& e) {
    throw Error(ErrorCode::kModel, e.message()).in_file(path);
  }
}

}  // namespace

std::string shape_text(const Shape& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

TransformerSizes read_transformer_sizes(const std::string& path) {
  const Json json = read_config(path);
  TransformerSizes sizes;
  sizes.kind = json.is_object() ? text_of(json, "model_type") : "";
  constexpr std::array<std::string_view, 4> kKinds = {"roberta", "bert", "albert", "esm"};
  if (std::find(kKinds.begin(), kKinds.end(), sizes.kind) == kKinds.end()) {
    throw Error(ErrorCode::kModel, sizes.kind.empty() ? "names no model_type"
                                                      : "is of the model_type \"" + sizes.kind.substr(0, 60) + "\"")
        .in_file(path)
        .remedy("Read are: roberta, bert, albert, esm.");
  }
  sizes.layers = integer(json, "num_hidden_layers", -1, path);
  sizes.hidden = integer(json, "hidden_size", -1, path);
  sizes.heads = integer(json, "num_attention_heads", -1, path);
  sizes.intermediate = integer(json, "intermediate_size", -1, path);
  sizes.vocabulary = integer(json, "vocab_size", -1, path);
  sizes.positions = integer(json, "max_position_embeddings", sizes.kind == "esm" ? 0 : 512, path);
  sizes.token_types = integer(json, "type_vocab_size", sizes.kind == "roberta" ? 1 : 2, path);
  sizes.embedding = integer(json, "embedding_size", 128, path);
  sizes.groups = integer(json, "num_hidden_groups", 1, path);
  sizes.inner = integer(json, "inner_group_num", 1, path);
  sizes.normalize_embeddings = json.contains("emb_layer_norm_before") && json["emb_layer_norm_before"] == true;
  if (sizes.layers > 10'000 || sizes.groups > 10'000 || sizes.inner > 10'000) {
    throw Error(ErrorCode::kModel, "has impossible numbers of layers").in_file(path);
  }
  return sizes;
}

TensorSorting sort_transformer_tensors(const nn::Weights& weights, const TransformerSizes& sizes,
                                       const std::vector<std::string>& left_out) {
  Layout layout = layout_of(sizes);
  const std::string prefix = find_prefix(weights);
  TensorSorting sorting;
  for (const auto& [name, view] : weights.tensors()) {
    const std::string inside = name.starts_with(prefix) ? modern(name.substr(prefix.size())) : name;
    const auto expected = layout.find(inside);
    if (starts_with_any(name, left_out) || (expected == layout.end() && is_needless(name, inside, sizes.kind))) {
      sorting.dropped.push_back(name);
    } else if (expected == layout.end()) {
      sorting.unexpected.push_back(name + " " + shape_text(view.shape));
    } else {
      const bool fits = expected->second.shape == view.shape;
      if (!fits) {
        sorting.mismatched.push_back(name + " is " + shape_text(view.shape) + ", config.json says " +
                                     shape_text(expected->second.shape));
      }
      if (fits) sorting.kept.push_back(name);
      layout.erase(expected);
    }
  }
  for (const auto& [name, expected] : layout) {
    if (!expected.optional) sorting.missing.push_back(prefix + name + " " + shape_text(expected.shape));
  }
  return sorting;
}

}  // namespace molbridge::service
