#include "molbridge/graph/lookup.hpp"

#include <algorithm>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::graph {
namespace {

constexpr std::size_t kMostNamed = 5;

std::vector<std::uint32_t> trigrams(std::string_view text) {
  const std::string padded = " " + to_lower(text) + " ";
  std::vector<std::uint32_t> out;
  for (std::size_t k = 0; k + 3 <= padded.size(); ++k) {
    const auto byte = [&](std::size_t i) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(padded[k + i]));
    };
    out.push_back(byte(0) << 16 | byte(1) << 8 | byte(2));
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Shared over all trigrams of both.
double likeness(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::size_t shared = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) ++shared;
    const bool first = a[i] <= b[j], second = b[j] <= a[i];
    i += first ? 1 : 0;
    j += second ? 1 : 0;
  }
  return shared == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(a.size() + b.size() - shared);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& names) {
  const auto near = nearest_names(word, names, 3);
  return near.empty() ? "" : "; did you mean " + join(near, " or ") + "?";
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view word, const std::vector<std::string>& names,
                                       std::size_t count) {
  const auto wanted = trigrams(word);
  std::vector<std::pair<double, std::size_t>> alike;
  for (std::size_t k = 0; k < names.size(); ++k) {
    const double value = likeness(wanted, trigrams(names[k]));
    if (value > 0.1) alike.emplace_back(-value, k);
  }
  const std::size_t kept = std::min(count, alike.size());
  std::partial_sort(alike.begin(), alike.begin() + static_cast<std::ptrdiff_t>(kept), alike.end());
  std::vector<std::string> out;
  for (std::size_t k = 0; k < kept; ++k) out.push_back(names[alike[k].second]);
  if (out.empty() && count > 0) {
    if (const auto typo = nearest(word, names)) out.push_back(*typo);
  }
  return out;
}

NodeLookup::NodeLookup(const Graph& graph) : graph_(graph) {
  by_name_.reserve(graph.nodes().size());
  for (std::uint32_t k = 0; k < graph.nodes().size(); ++k) {
    const Node& node = graph.nodes()[k];
    if (!node.name.empty()) by_name_.emplace(to_lower(node.name), k);
    by_lower_id_.try_emplace(to_lower(node.id), k);
  }
}

std::vector<std::uint32_t> NodeLookup::named(std::string_view text) const {
  const auto [begin, end] = by_name_.equal_range(to_lower(text));
  std::vector<std::uint32_t> out;
  for (auto at = begin; at != end; ++at) out.push_back(at->second);
  std::ranges::sort(out);
  return out;
}

std::uint32_t NodeLookup::find(std::string_view text) const {
  text = trim(text);
  if (const auto node = graph_.find_node(text)) return *node;
  if (const auto at = by_lower_id_.find(to_lower(text)); at != by_lower_id_.end()) return at->second;
  if (const auto colon = text.find(':'); colon != std::string_view::npos && graph_.find_type(text.substr(0, colon))) {
    auto nodes = named(trim(text.substr(colon + 1)));
    std::erase_if(nodes, [&](std::uint32_t k) { return graph_.nodes()[k].type != text.substr(0, colon); });
    if (nodes.size() == 1) return nodes[0];
    if (nodes.size() > 1) refuse_ambiguous(text, nodes);
  }
  const auto nodes = named(text);
  if (nodes.size() > 1) refuse_ambiguous(text, nodes);
  if (nodes.empty()) refuse_unknown(text);
  return nodes[0];
}

std::string NodeLookup::label(std::uint32_t node) const {
  const Node& of = graph_.nodes()[node];
  return of.id + " (" + of.type + (of.name.empty() ? "" : " " + of.name) + ")";
}

void NodeLookup::refuse_ambiguous(std::string_view text, const std::vector<std::uint32_t>& nodes) const {
  std::vector<std::string> labels;
  for (std::size_t k = 0; k < std::min(nodes.size(), 2 * kMostNamed); ++k) labels.push_back(label(nodes[k]));
  if (nodes.size() > labels.size()) labels.push_back("...");
  throw Error(ErrorCode::kInput, std::to_string(nodes.size()) + " nodes are named \"" + std::string(text) + "\"")
      .remedy("give the id, or type:name: " + join(labels, ", "));
}

void NodeLookup::refuse_unknown(std::string_view text) const {
  std::vector<std::string> names;
  std::vector<std::uint32_t> owners;
  for (std::uint32_t k = 0; k < graph_.nodes().size(); ++k) {
    names.push_back(graph_.nodes()[k].name);
  }
  std::vector<std::string> labels;
  std::set<std::string> shown;
  for (const std::string& near : nearest_names(text, names, kMostNamed)) {
    if (near.empty() || !shown.insert(to_lower(near)).second) continue;
    for (const std::uint32_t node : named(near)) labels.push_back(label(node));
  }
  throw Error(ErrorCode::kInput, "no node has the id or name \"" + std::string(text) + "\"")
      .remedy(labels.empty() ? "ids and names stand in the nodes file; nothing there is alike"
                             : "nearest: " + join(labels, ", "));
}

std::uint32_t require_type(const Graph& graph, std::string_view type) {
  if (const auto index = graph.find_type(type)) return *index;
  throw Error(ErrorCode::kInput, "no node type \"" + std::string(type) + "\"" + did_you_mean(type, graph.types()))
      .remedy("there are " + join(graph.types(), ", "));
}

Relation parse_relation(std::string_view text) {
  const auto parts = split(text, ':');
  if ((parts.size() != 1 && parts.size() != 3) || std::ranges::any_of(parts, [](auto part) { return part.empty(); })) {
    throw Error(ErrorCode::kUsage, "\"" + std::string(text) + "\" is no relation")
        .remedy("give NAME or NAME:HEAD_TYPE:TAIL_TYPE");
  }
  Relation relation{.name = std::string(parts[0]), .head_type = {}, .tail_type = {}};
  if (parts.size() == 3) {
    relation.head_type = parts[1];
    relation.tail_type = parts[2];
  }
  return relation;
}

std::uint32_t require_relation(const Graph& graph, std::string_view text, std::string_view head_type,
                               std::string_view tail_type) {
  const Relation wanted = parse_relation(text);
  const auto fits = [](std::string_view given, std::string_view type) { return given.empty() || given == type; };
  std::vector<std::uint32_t> found;
  std::vector<std::string> names, same_name;
  for (std::uint32_t k = 0; k < graph.relations().size(); ++k) {
    const Relation& relation = graph.relations()[k];
    if (std::ranges::find(names, relation.name) == names.end()) names.push_back(relation.name);
    if (relation.name != wanted.name) continue;
    same_name.push_back(relation.name + ":" + relation.head_type + ":" + relation.tail_type);
    if (fits(wanted.head_type, relation.head_type) && fits(wanted.tail_type, relation.tail_type) &&
        fits(head_type, relation.head_type) && fits(tail_type, relation.tail_type))
      found.push_back(k);
  }
  if (found.size() == 1) return found[0];
  if (found.size() > 1) {
    throw Error(ErrorCode::kInput, std::to_string(found.size()) + " relations are named \"" + wanted.name + "\"")
        .remedy("give one of " + join(same_name, ", "));
  }
  if (!same_name.empty()) {
    throw Error(ErrorCode::kInput, "\"" + std::string(text) + "\" does not join these types")
        .remedy("there are " + join(same_name, ", "));
  }
  throw Error(ErrorCode::kInput, "no relation \"" + wanted.name + "\"" + did_you_mean(wanted.name, names))
      .remedy("there are " + join(names, ", "));
}

}  // namespace molbridge::graph
