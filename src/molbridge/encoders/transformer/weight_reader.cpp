#include "molbridge/encoders/transformer/weight_reader.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/nn/float_conversion.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::string_view kWordEmbeddings = "embeddings.word_embeddings.weight";
constexpr std::string_view kFairEmbeddings = "embed_tokens.weight";

/// fair-esm names by ours; the first that fits counts.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kFairNames = {
    {{"encoder.layer.", "layers."},
     {".attention.self.query.", ".self_attn.q_proj."},
     {".attention.self.key.", ".self_attn.k_proj."},
     {".attention.self.value.", ".self_attn.v_proj."},
     {".attention.output.dense.", ".self_attn.out_proj."},
     {".attention.LayerNorm.", ".self_attn_layer_norm."},
     {".intermediate.dense.", ".fc1."},
     {".output.dense.", ".fc2."},
     {".LayerNorm.", ".final_layer_norm."},
     {"encoder.emb_layer_norm_after.", "emb_layer_norm_after."},
     {"embeddings.layer_norm.", "emb_layer_norm_before."},
     {"embeddings.word_embeddings.", "embed_tokens."}}};

std::string fair_name(std::string name) {
  for (const auto& [ours, theirs] : kFairNames) {
    if (const std::size_t at = name.find(ours); at != std::string::npos) name.replace(at, ours.size(), theirs);
  }
  const std::string_view positions = "embeddings.position_embeddings.";
  if (name.starts_with(positions)) return "embed_positions." + name.substr(positions.size());
  return name;
}

/// "...LayerNorm.gamma" of files from before 2019.
std::string old_name(const std::string& name) {
  for (const auto& [ending, old] :
       {std::pair("LayerNorm.weight", "LayerNorm.gamma"), {"LayerNorm.bias", "LayerNorm.beta"}}) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - std::string_view(ending).size()) + old;
  }
  return name;
}

/// What stands before `ending` in the names; the shortest where several networks are in one file.
std::vector<std::string> prefixes_of(const nn::Weights& weights, std::string_view ending) {
  std::vector<std::string> prefixes;
  for (const auto& [name, view] : weights.tensors()) {
    if (name.ends_with(ending)) prefixes.push_back(name.substr(0, name.size() - ending.size()));
  }
  std::sort(prefixes.begin(), prefixes.end(),
            [](const std::string& a, const std::string& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); });
  return prefixes;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> parts;
  for (const std::int64_t size : shape) parts.push_back(std::to_string(size));
  return "[" + join(parts, ", ") + "]";
}

}  // namespace

WeightReader::WeightReader(nn::Weights weights, TransformerKind kind) : weights_(std::move(weights)) {
  auto prefixes = prefixes_of(weights_, kWordEmbeddings);
  if (prefixes.empty() && kind == TransformerKind::kEsm) {
    prefixes = prefixes_of(weights_, kFairEmbeddings);
    fair_names_ = true;
  }
  if (prefixes.empty())
    throw Error(ErrorCode::kModel, "has no tensor " + std::string(kWordEmbeddings) + ", with or without a prefix")
        .in_file(join(weights_.files(), ", "))
        .remedy("config.json says " + std::string(name(kind)) + "; do the weights belong to it?");
  const std::string own = std::string(name(kind)) + ".";
  const bool has_own = std::find(prefixes.begin(), prefixes.end(), own) != prefixes.end();
  prefix_ = has_own ? own : prefixes.front();
}

std::string WeightReader::stored_name(const std::string& name) const {
  const std::string full = prefix_ + (fair_names_ ? fair_name(name) : name);
  if (weights_.has(full)) return full;
  const std::string old = old_name(full);
  return weights_.has(old) ? old : full;
}

bool WeightReader::has(const std::string& name) const { return weights_.has(stored_name(name)); }

const nn::TensorView& WeightReader::use(const std::string& name, const std::vector<std::int64_t>& shape) {
  const std::string stored = stored_name(name);
  const nn::TensorView& view = weights_.at(stored);
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorCode::kModel, "tensor " + stored + " " + why).in_file(join(weights_.files(), ", "));
  };
  if (view.shape != shape)
    throw refuse("has the shape " + shape_text(view.shape) + ", but config.json asks for " + shape_text(shape));
  if (!nn::is_float(view.type)) throw refuse("is of the type " + std::string(nn::name(view.type)) + ", not a float");
  const std::lock_guard lock(mutex_);
  used_.insert(name);
  return view;
}

Floats WeightReader::floats(const std::string& name, const std::vector<std::int64_t>& shape) {
  const nn::TensorView& view = use(name, shape);
  Floats floats;
  const auto address = reinterpret_cast<std::uintptr_t>(view.bytes.data());
  if (view.type == nn::ElementType::kF32 && address % alignof(float) == 0) {
    floats.values = {reinterpret_cast<const float*>(view.bytes.data()), view.bytes.size() / sizeof(float)};
  } else {
    floats.copy = nn::to_float32(view);
    floats.values = floats.copy;
  }
  return floats;
}

void WeightReader::release(const std::string& name) const { weights_.release(stored_name(name)); }

std::string WeightReader::digest() const {
  Sha256 hash;
  for (const std::string& name : used_) {
    const std::string stored = stored_name(name);
    const nn::TensorView& view = weights_.at(stored);
    hash.update(name + " " + std::string(nn::name(view.type)) + " " + shape_text(view.shape) + "\n");
    hash.update(view.bytes);
  }
  return hash.finish();
}

}  // namespace molbridge::encoders
