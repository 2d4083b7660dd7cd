#include "molbridge/graph/statistics.hpp"

#include <algorithm>

namespace molbridge::graph {
namespace {

std::size_t split_number(const std::string& split) {
  return split == "train" ? 0 : split == "val" ? 1 : split == "test" ? 2 : 3;
}

/// Smallest, quartiles (the value at or below which that share lies), largest.
std::array<std::uint64_t, 5> quantiles(std::vector<std::uint32_t> values) {
  std::array<std::uint64_t, 5> out{};
  if (values.empty()) return out;
  std::ranges::sort(values);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = values[(values.size() - 1) * k / 4];
  return out;
}

}  // namespace

std::vector<std::uint32_t> degrees(const Graph& graph, const std::vector<bool>& counts) {
  std::vector<std::uint32_t> out(graph.nodes().size());
  for (std::size_t k = 0; k < graph.edges().size(); ++k) {
    if (!counts.empty() && !counts[k]) continue;
    ++out[graph.edges()[k].head];
    ++out[graph.edges()[k].tail];
  }
  return out;
}

Statistics statistics(const Graph& graph, std::size_t num_files) {
  Statistics all;
  std::vector<bool> is_head(graph.nodes().size());
  for (const Relation& relation : graph.relations()) {
    RelationStatistics of{.relation = relation};
    of.symmetric = graph.is_symmetric(static_cast<std::uint32_t>(all.relations.size()));
    of.by_file.assign(num_files, 0);
    all.relations.push_back(std::move(of));
  }
  for (const Edge& edge : graph.edges()) {
    is_head[edge.head] = true;
    RelationStatistics& of = all.relations[edge.relation];
    ++of.edges;
    of.licence_ok += edge.licence_ok ? 1 : 0;
    of.encodable += graph.nodes()[edge.head].has_modality && graph.nodes()[edge.tail].has_modality ? 1 : 0;
    if (edge.file < num_files) ++of.by_file[edge.file];
    ++of.held_out[static_cast<std::size_t>(edge.held_out)];
  }
  const std::vector<std::uint32_t> degree = degrees(graph);
  for (const std::string& type : graph.types()) {
    TypeStatistics of{.type = type};
    std::vector<std::uint32_t> of_nodes;
    for (const std::uint32_t node : graph.nodes_of(type)) {
      ++of.nodes;
      of.with_modality += graph.nodes()[node].has_modality ? 1 : 0;
      of.heads += is_head[node] ? 1 : 0;
      of.isolated += degree[node] == 0 ? 1 : 0;
      if (is_head[node]) ++of.split_heads[split_number(graph.nodes()[node].split)];
      of_nodes.push_back(degree[node]);
    }
    of.degrees = quantiles(std::move(of_nodes));
    all.types.push_back(std::move(of));
  }
  return all;
}

}  // namespace molbridge::graph
