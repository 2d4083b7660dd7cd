#include "molbridge/service/biobridge_import.hpp"

#include <array>
#include <span>
#include <string_view>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/graph/primekg.hpp"
#include "molbridge/retrieve/biobridge_manifest.hpp"

namespace molbridge::service {
namespace {

constexpr const char* kTypes = "node_type_embed.0.weight";
constexpr const char* kRelations = "relation_type_embed.0.weight";
constexpr std::int64_t kPublishedHeads = 12;

std::vector<std::string> texts(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

struct Pair {
  const char *relation, *one, *other;
};
/// What the published model was trained on, in both directions.
constexpr std::array kPrimekgPairs{
    Pair{"synergistic interaction", "drug", "drug"},
    Pair{"ppi", "gene/protein", "gene/protein"},
    Pair{"interacts with", "biological_process", "gene/protein"},
    Pair{"interacts with", "cellular_component", "gene/protein"},
    Pair{"interacts with", "molecular_function", "gene/protein"},
    Pair{"parent-child", "biological_process", "biological_process"},
    Pair{"parent-child", "disease", "disease"},
    Pair{"parent-child", "molecular_function", "molecular_function"},
    Pair{"parent-child", "cellular_component", "cellular_component"},
    Pair{"associated with", "disease", "gene/protein"},
    Pair{"contraindication", "drug", "disease"},
    Pair{"indication", "drug", "disease"},
    Pair{"off-label use", "drug", "disease"},
    Pair{"target", "drug", "gene/protein"},
    Pair{"enzyme", "drug", "gene/protein"},
    Pair{"transporter", "drug", "gene/protein"},
    Pair{"carrier", "drug", "gene/protein"},
};

std::vector<retrieve::LinkRelation> primekg_triples() {
  std::vector<retrieve::LinkRelation> out;
  for (const Pair& pair : kPrimekgPairs) {
    out.push_back({pair.relation, pair.one, pair.other});
    if (std::string(pair.one) != pair.other) out.push_back({pair.relation, pair.other, pair.one});
  }
  return out;
}

Error bad_config(const std::string& config, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(config);
}

std::vector<std::string> read_names(const Json& json, const std::string& key, const std::string& config,
                                    const std::vector<std::string>& fallback) {
  if (!json.contains(key)) return fallback;
  if (!json[key].is_array()) throw bad_config(config, key + " is no list of names");
  std::vector<std::string> out;
  for (const auto& value : json[key]) {
    if (!value.is_string()) throw bad_config(config, key + " holds what is no name");
    out.push_back(value.get<std::string>());
  }
  return out;
}

std::int64_t read_heads(const Json& json, const std::string& config) {
  if (!json.contains("n_head")) return kPublishedHeads;
  if (!json["n_head"].is_number_integer()) throw bad_config(config, "n_head is no whole number");
  return json["n_head"].get<std::int64_t>();
}

std::int64_t rows_of(const nn::Weights& weights, const std::string& name) {
  const auto& shape = weights.at(name).shape;
  return shape.empty() ? 0 : shape.front();
}

/// As graph::content_of() has it.
std::string modality_of(const std::string& type) {
  if (type == "drug" || type == "compound") return "molecule";
  return type == "gene/protein" || type == "gene_protein" ? "protein" : "text";
}

void require_count(const nn::Weights& weights, const std::string& tensor, const std::vector<std::string>& names,
                   const std::string& key) {
  if (rows_of(weights, tensor) == static_cast<std::int64_t>(names.size())) return;
  throw Error(ErrorCode::kModel, "tensor " + tensor + " has " + std::to_string(rows_of(weights, tensor)) +
                                     " rows, and there are " + std::to_string(names.size()) + " names for them")
      .in_file(weights.files().empty() ? "" : weights.files().front())
      .remedy("Write the names by id as " + key + " into config.json beside the checkpoint.");
}

}  // namespace

bool is_biobridge_checkpoint(const nn::Weights& weights) { return weights.has(kTypes) && weights.has(kRelations); }

ImportPlan plan_biobridge(const nn::Weights& weights, const std::string& config) {
  const Json json = config.empty() ? Json::object() : read_json_file(config);
  retrieve::BiobridgeManifest names;
  names.types = read_names(json, "node_types", config, texts(graph::primekg_types()));
  names.relations = read_names(json, "relation_types", config, texts(graph::primekg_relations()));
  if (names.types == texts(graph::primekg_types()) && names.relations == texts(graph::primekg_relations()))
    names.triples = primekg_triples();
  require_count(weights, kTypes, names.types, "node_types");
  require_count(weights, kRelations, names.relations, "relation_types");
  for (std::size_t i = 0; i < names.types.size(); ++i) {
    const bool has_vectors = weights.has("proj_layer." + std::to_string(i) + ".weight");
    names.modalities.push_back(has_vectors ? modality_of(names.types[i]) : "");
  }
  const std::int64_t heads = read_heads(json, config);
  ImportPlan plan;
  plan.kind = retrieve::kBiobridgeKind;
  plan.summary = std::to_string(names.types.size()) + " node types, " + std::to_string(names.relations.size()) +
                 " relations, " + std::to_string(heads) + " heads";
  for (const auto& [name, view] : weights.tensors()) plan.kept.emplace_back(name, name);
  plan.write_sizes = [names, heads](ConfigWriter& manifest) {
    write_biobridge_manifest(names, manifest);
    manifest.text("bridge.kind", "relation-transformer");
    manifest.integer("bridge.heads", heads);
  };
  return plan;
}

}  // namespace molbridge::service
