#include "molbridge/encoders/transformer/transformer_config.hpp"

#include <array>
#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/tokenizers/json_fields.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 10'000'000;
constexpr std::int64_t kMaxWidth = 1 << 17;
constexpr std::int64_t kMaxRows = 1 << 26;  // of an embedding

constexpr std::array<std::pair<std::string_view, TransformerKind>, 4> kKinds = {{{"roberta", TransformerKind::kRoberta},
                                                                                 {"bert", TransformerKind::kBert},
                                                                                 {"albert", TransformerKind::kAlbert},
                                                                                 {"esm", TransformerKind::kEsm}}};

/// Names of transformers; those that differ in their rounding alone are one here.
constexpr std::array<std::pair<std::string_view, nn::Activation>, 11> kActivations = {
    {{"gelu", nn::Activation::kGelu},
     {"gelu_python", nn::Activation::kGelu},
     {"relu", nn::Activation::kRelu},
     {"tanh", nn::Activation::kTanh},
     {"silu", nn::Activation::kSilu},
     {"swish", nn::Activation::kSilu},
     {"quick_gelu", nn::Activation::kQuickGelu},
     {"gelu_new", nn::Activation::kGeluTanh},
     {"gelu_fast", nn::Activation::kGeluTanh},
     {"gelu_accurate", nn::Activation::kGeluTanh},
     {"gelu_pytorch_tanh", nn::Activation::kGeluTanh}}};

template <typename Table>
std::string names_of(const Table& table) {
  std::string names;
  for (const auto& [name, value] : table) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

template <typename Table>
auto look_up(const Table& table, const JsonFields& json, std::string_view key, const std::string& value) {
  for (const auto& [name, meaning] : table) {
    if (name == value) return meaning;
  }
  json.refuse(std::string(key) + " \"" + value + "\" is not computed here; known: " + names_of(table));
}

std::int64_t bounded(const JsonFields& json, std::string_view key, std::int64_t otherwise, std::int64_t low,
                     std::int64_t high) {
  const std::int64_t value = json.integer(key, otherwise);
  if (value < low || value > high)
    json.refuse(std::string(key) + " is " + std::to_string(value) + ", not between " + std::to_string(low) + " and " +
                std::to_string(high));
  return value;
}

std::int64_t required(const JsonFields& json, std::string_view key, std::int64_t high) {
  json.at(key);
  return bounded(json, key, 0, 1, high);
}

void refuse_what_is_not_computed(const JsonFields& json) {
  for (const char* key : {"is_decoder", "add_cross_attention", "is_encoder_decoder", "is_folding_model"}) {
    if (json.boolean(key, false)) json.refuse(std::string(key) + " is true; only plain encoders are computed");
  }
  if (const auto pruned = json.find("pruned_heads"); pruned && pruned->size() > 0)
    json.refuse("pruned_heads is not empty; heads that were cut out are not supported");
}

/// "absolute" or "rotary"; true for the latter.
bool reads_rotary(const JsonFields& json, TransformerKind kind) {
  const std::string type = json.text("position_embedding_type", "absolute");
  if (type == "absolute") return false;
  if (type == "rotary" && kind == TransformerKind::kEsm) return true;
  json.refuse("position_embedding_type \"" + type + "\" is not computed for " + std::string(name(kind)) +
              "; known: absolute" + (kind == TransformerKind::kEsm ? ", rotary" : ""));
}

void read_sizes(const JsonFields& json, TransformerConfig& config) {
  config.layers = required(json, "num_hidden_layers", 1000);
  config.hidden = required(json, "hidden_size", kMaxWidth);
  config.heads = required(json, "num_attention_heads", config.hidden);
  config.feed_forward = required(json, "intermediate_size", 8 * kMaxWidth);
  config.vocabulary = required(json, "vocab_size", kMaxRows);
  config.embedding = config.hidden;
  if (config.hidden % config.heads != 0)
    json.refuse("hidden_size " + std::to_string(config.hidden) + " is no multiple of num_attention_heads " +
                std::to_string(config.heads));
}

void read_albert(const JsonFields& json, TransformerConfig& config) {
  config.embedding = bounded(json, "embedding_size", 128, 1, kMaxWidth);
  config.groups = bounded(json, "num_hidden_groups", 1, 1, config.layers);
  config.inner_layers = bounded(json, "inner_group_num", 1, 1, 1000);
}

void read_esm(const JsonFields& json, TransformerConfig& config) {
  config.token_types = 0;
  config.token_dropout = json.boolean("token_dropout", false);
  config.embedding_norm = json.boolean("emb_layer_norm_before", false);
  config.mask_id = bounded(json, "mask_token_id", -1, -1, config.vocabulary - 1);
  if (config.token_dropout && config.mask_id < 0) json.refuse("token_dropout is true, but mask_token_id is not there");
  config.activation = nn::Activation::kGelu;  // the original has it whatever hidden_act says
  if (config.rotary() && (config.hidden / config.heads) % 2 != 0)
    json.refuse("rotary positions need heads of even width, not " + std::to_string(config.hidden / config.heads));
}

std::int64_t usual_pad_id(TransformerKind kind) {
  return kind == TransformerKind::kRoberta || kind == TransformerKind::kEsm ? 1 : 0;
}

}  // namespace

std::string_view name(TransformerKind kind) {
  for (const auto& [text, value] : kKinds) {
    if (value == kind) return text;
  }
  return "";
}

std::string TransformerConfig::summary() const {
  std::string text(name(kind));
  for (const std::int64_t value :
       {layers, hidden, heads, feed_forward, embedding, groups, inner_layers, positions, pad_id, mask_id,
        static_cast<std::int64_t>(activation), std::int64_t{token_dropout}, std::int64_t{embedding_norm}}) {
    text += " " + std::to_string(value);
  }
  return text + " " + format_shortest(epsilon);
}

TransformerConfig read_transformer_config(const std::string& folder) {
  const std::string path = folder + "/config.json";
  if (!file_exists(path))
    throw Error(ErrorCode::kModel, "holds no config.json")
        .in_file(folder)
        .remedy("give the folder of a Hugging Face model: config.json, weights and the files of its tokenizer");
  return parse_transformer_config(read_text_file(path, kMaxConfigBytes), path);
}

TransformerConfig parse_transformer_config(std::string_view text, const std::string& path) {
  const JsonFields json = JsonFields::parse(text, path);
  TransformerConfig config;
  config.kind = look_up(kKinds, json, "model_type", json.text("model_type"));
  refuse_what_is_not_computed(json);
  read_sizes(json, config);
  if (!reads_rotary(json, config.kind)) config.positions = required(json, "max_position_embeddings", kMaxRows);
  config.token_types = bounded(json, "type_vocab_size", 2, 0, kMaxRows);
  config.pad_id = bounded(json, "pad_token_id", usual_pad_id(config.kind), 0, config.vocabulary - 1);
  const char* usual = config.kind == TransformerKind::kAlbert ? "gelu_new" : "gelu";
  if (config.kind != TransformerKind::kEsm)
    config.activation = look_up(kActivations, json, "hidden_act", json.text("hidden_act", usual));
  if (const auto epsilon = json.find("layer_norm_eps")) config.epsilon = static_cast<float>(epsilon->number());
  if (!(config.epsilon >= 0) || config.epsilon > 1) json.refuse("layer_norm_eps is not between 0 and 1");
  if (config.kind == TransformerKind::kAlbert) read_albert(json, config);
  if (config.kind == TransformerKind::kEsm) read_esm(json, config);
  if (!config.rotary() && config.max_tokens() < 1)
    json.refuse("max_position_embeddings leaves no position for a token");
  return config;
}

}  // namespace molbridge::encoders
