#include "molbridge/graph/builder.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::graph {
namespace {

/// An edge in the direction of its canonical relation.
struct Key {
  std::uint32_t relation;
  std::uint32_t first;
  std::uint32_t second;
  std::uint32_t edge;
  bool turned;
  bool same_edge(const Key& other) const {
    return relation == other.relation && first == other.first && second == other.second;
  }
};

}  // namespace

std::uint32_t GraphBuilder::type_index(const std::string& type) {
  return types_.try_emplace(type, static_cast<std::uint32_t>(types_.size())).first->second;
}

void GraphBuilder::add_node(Node node, const Place& place) {
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  if (!node_by_id_.try_emplace(node.id, index).second) {
    findings_.add(Problem::kDuplicateNode, place.file, place.line, node.id);
    return;
  }
  type_of_.push_back(type_index(node.type));
  nodes_.push_back(std::move(node));
}

std::optional<std::uint32_t> GraphBuilder::find(std::string_view id) const {
  const auto at = node_by_id_.find(id);
  return at == node_by_id_.end() ? std::nullopt : std::optional(at->second);
}

void GraphBuilder::start_file(std::string name) {
  MOLBRIDGE_CHECK(files_.size() < 255, name);
  files_.push_back(std::move(name));
}

std::uint32_t GraphBuilder::relation_index(std::string_view name, std::uint32_t head, std::uint32_t tail) {
  const std::pair types{type_of_[head], type_of_[tail]};
  for (std::uint32_t k = 0; k < relations_.size(); ++k) {
    if (relation_types_[k] == types && relations_[k].name == name) return k;
  }
  relations_.push_back({.name = std::string(name), .head_type = nodes_[head].type, .tail_type = nodes_[tail].type});
  relation_types_.push_back(types);
  return static_cast<std::uint32_t>(relations_.size() - 1);
}

void GraphBuilder::add_edge(const NewEdge& edge, std::uint64_t line) {
  const auto say = [&](Problem problem, const std::string& what) {
    findings_.add(problem, files_.back(), line,
                  std::string(edge.head) + " " + std::string(edge.relation) + " " + std::string(edge.tail) + what);
  };
  const auto head = find(edge.head);
  const auto tail = find(edge.tail);
  if (!head || !tail) return say(Problem::kDanglingEdge, head ? ": no such tail" : ": no such head");
  if (*head == *tail) return say(Problem::kSelfEdge, "");
  edges_.push_back({.head = *head,
                    .relation = relation_index(edge.relation, *head, *tail),
                    .tail = *tail,
                    .licence_ok = edge.licence_ok,
                    .held_out = edge.held_out,
                    .file = static_cast<std::uint8_t>(files_.size() - 1)});
  lines_.push_back(static_cast<std::uint32_t>(line));
}

std::vector<std::uint32_t> GraphBuilder::canonical_relations() const {
  std::vector<std::uint32_t> canonical(relations_.size());
  std::iota(canonical.begin(), canonical.end(), 0U);
  for (std::uint32_t k = 0; k < relations_.size(); ++k) {
    for (std::uint32_t before = 0; before < k; ++before) {
      if (relations_[before].name == relations_[k].name && relation_types_[before].first == relation_types_[k].second &&
          relation_types_[before].second == relation_types_[k].first) {
        canonical[k] = before;
        break;
      }
    }
  }
  return canonical;
}

/// Sorted by edge, those in canonical direction first where the relation tells the ends apart, else in the order of the files.
std::vector<bool> GraphBuilder::repeated(bool drop_mirrored, bool keep_across_files) {
  const std::vector<std::uint32_t> canonical = canonical_relations();
  std::vector<Key> keys;
  keys.reserve(edges_.size());
  for (std::uint32_t k = 0; k < edges_.size(); ++k) {
    const Edge& edge = edges_[k];
    const auto& types = relation_types_[edge.relation];
    const bool turned = types.first == types.second ? edge.head > edge.tail : canonical[edge.relation] != edge.relation;
    keys.push_back(
        {canonical[edge.relation], turned ? edge.tail : edge.head, turned ? edge.head : edge.tail, k, turned});
  }
  std::ranges::sort(keys, {}, [&](const Key& key) {
    const auto& types = relation_types_[key.relation];
    const bool last = types.first != types.second && key.turned;
    return std::tuple(key.relation, key.first, key.second, last, key.edge);
  });
  std::vector<bool> dropped(edges_.size());
  std::vector<std::pair<std::uint32_t, Problem>> found;
  for (std::size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    std::set<std::pair<bool, int>> seen;  // direction, and file where that makes a difference
    for (end = begin; end < keys.size() && keys[end].same_edge(keys[begin]); ++end) {
      const Key& key = keys[end];
      const bool duplicate = !seen.insert({key.turned, keep_across_files ? edges_[key.edge].file : 0}).second;
      if (duplicate || (drop_mirrored && end > begin))
        found.emplace_back(key.edge, duplicate ? Problem::kDuplicateEdge : Problem::kMirroredEdge);
    }
  }
  std::ranges::sort(found);
  for (const auto& [edge, problem] : found) {
    dropped[edge] = true;
    const Edge& of = edges_[edge];
    findings_.add(problem, files_[of.file], lines_[edge],
                  nodes_[of.head].id + " " + relations_[of.relation].name + " " + nodes_[of.tail].id);
  }
  return dropped;
}

void GraphBuilder::drop(const std::vector<bool>& dropped) {
  std::size_t kept = 0;
  for (std::size_t k = 0; k < edges_.size(); ++k) {
    if (!dropped[k]) edges_[kept++] = edges_[k];
  }
  edges_.resize(kept);
}

void GraphBuilder::prune_relations() {
  std::vector<bool> used(relations_.size());
  for (const Edge& edge : edges_) used[edge.relation] = true;
  std::vector<std::uint32_t> number(relations_.size());
  std::vector<Relation> kept;
  for (std::size_t k = 0; k < relations_.size(); ++k) {
    number[k] = static_cast<std::uint32_t>(kept.size());
    if (used[k]) kept.push_back(relations_[k]);
  }
  relations_ = std::move(kept);
  for (Edge& edge : edges_) edge.relation = number[edge.relation];
}

Graph GraphBuilder::finish(bool drop_mirrored, bool keep_across_files) {
  drop(repeated(drop_mirrored, keep_across_files));
  prune_relations();
  return Graph(std::move(nodes_), std::move(relations_), std::move(edges_));
}

}  // namespace molbridge::graph
