#include "molbridge/graph/graph.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::graph {
namespace {

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
  return std::ranges::find(list, text) != list.end();
}

std::string_view modality_by_type(std::string_view type) {
  static constexpr std::array<std::string_view, 3> kMolecules{"compound", "drug", "molecule"};
  static constexpr std::array<std::string_view, 4> kProteins{"gene_protein", "gene/protein", "protein", "gene"};
  if (is_one_of(type, kMolecules)) return "molecule";
  if (is_one_of(type, kProteins)) return "protein";
  return "";
}

std::string_view modality_by_content(const Node& node) {
  if (!node.smiles.empty()) return "molecule";
  return node.sequence.empty() ? "text" : "protein";
}

}  // namespace

std::string describe(const Relation& relation) {
  return relation.head_type + " " + relation.name + " " + relation.tail_type;
}

std::string_view name(HeldOut held_out) {
  switch (held_out) {
    case HeldOut::kNone: return "";
    case HeldOut::kHead: return "head";
    case HeldOut::kTail: return "tail";
    case HeldOut::kBoth: return "both";
  }
  return "";
}

std::optional<HeldOut> parse_held_out(std::string_view text) {
  for (const HeldOut value : {HeldOut::kNone, HeldOut::kHead, HeldOut::kTail, HeldOut::kBoth}) {
    if (text == name(value)) return value;
  }
  return std::nullopt;
}

Content content_of(const Node& node) {
  std::string_view modality = modality_by_type(node.type);
  if (modality.empty()) modality = modality_by_content(node);
  if (modality == "molecule") return {modality, node.smiles};
  if (modality == "protein") return {modality, node.sequence};
  return {modality, node.text};
}

Graph::Graph(std::vector<Node> nodes, std::vector<Relation> relations, std::vector<Edge> edges)
    : nodes_(std::move(nodes)), relations_(std::move(relations)), edges_(std::move(edges)) {
  type_of_.reserve(nodes_.size());
  node_by_id_.reserve(nodes_.size());
  for (std::uint32_t k = 0; k < nodes_.size(); ++k) {
    const Node& node = nodes_[k];
    auto type = find_type(node.type);
    if (!type) {
      type = static_cast<std::uint32_t>(types_.size());
      types_.push_back(node.type);
      nodes_by_type_.emplace_back();
    }
    type_of_.push_back(*type);
    nodes_by_type_[*type].push_back(k);
    MOLBRIDGE_CHECK(node_by_id_.try_emplace(node.id, k).second, "id " + node.id + " twice");
  }
  for (const Edge& edge : edges_) {
    MOLBRIDGE_CHECK(edge.head < nodes_.size() && edge.tail < nodes_.size() && edge.relation < relations_.size(),
                    "edge " + std::to_string(&edge - edges_.data()));
    const Relation& relation = relations_[edge.relation];
    MOLBRIDGE_CHECK(nodes_[edge.head].type == relation.head_type && nodes_[edge.tail].type == relation.tail_type,
                    nodes_[edge.head].id + ", " + nodes_[edge.tail].id + " by " + describe(relation));
  }
}

std::optional<std::uint32_t> Graph::find_type(std::string_view type) const {
  const auto at = std::ranges::find(types_, type);
  if (at == types_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - types_.begin());
}

std::span<const std::uint32_t> Graph::nodes_of(std::string_view type) const {
  const auto index = find_type(type);
  return index ? std::span<const std::uint32_t>(nodes_by_type_[*index]) : std::span<const std::uint32_t>();
}

std::optional<std::uint32_t> Graph::find_node(std::string_view id) const {
  const auto at = node_by_id_.find(id);
  return at == node_by_id_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<std::uint32_t> Graph::find_relation(std::string_view name, std::string_view head_type,
                                                  std::string_view tail_type) const {
  for (std::uint32_t k = 0; k < relations_.size(); ++k) {
    const Relation& relation = relations_[k];
    if (relation.name == name && relation.head_type == head_type && relation.tail_type == tail_type) return k;
  }
  return std::nullopt;
}

bool Graph::is_symmetric(std::uint32_t relation) const {
  static constexpr std::array<std::string_view, 5> kSymmetric{"interacts", "resembles", "covaries", "ppi",
                                                              "synergistic interaction"};
  const Relation& of = relations_[relation];
  return of.head_type == of.tail_type && is_one_of(of.name, kSymmetric);
}

}  // namespace molbridge::graph
