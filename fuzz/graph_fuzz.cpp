// Tables of a graph, and kg.csv, from unknown hands: rows that stay make a sound graph, rows that do not are counted.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/graph/check.hpp"
#include "molbridge/graph/primekg.hpp"
#include "molbridge/graph/split.hpp"

namespace {

using namespace molbridge;

/// Nodes, then edges, parted by a line "--"; without one all of it is nodes.
graph::ReadGraph read_tables(std::string_view input) {
  const std::size_t at = input.find("\n--\n");
  const auto nodes = LineSource::from_memory("nodes", input.substr(0, at));
  const auto edges =
      LineSource::from_memory("edges", at == std::string_view::npos ? std::string_view() : input.substr(at + 4));
  LineSource* const list[] = {edges.get()};
  return graph::read_graph(*nodes, at == std::string_view::npos ? std::span<LineSource* const>() : list);
}

void look_at(const graph::Graph& graph) {
  for (const graph::Node& node : graph.nodes()) {
    if (node.has_modality && graph::content_of(node).content.empty()) std::abort();
    if (!graph.find_node(node.id)) std::abort();
  }
  const graph::GraphSplit split = graph::split_by_heads(graph);
  std::vector<bool> in_train;
  for (const graph::Fold fold : split.edges) in_train.push_back(fold == graph::Fold::kTrain);
  const auto leaks = graph::find_leaks(graph, in_train);
  if (leaks[0].count + leaks[1].count > 0) std::abort();  // the same or a mirrored edge on both sides
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const bool tables : {true, false}) {
    try {
      if (tables) {
        look_at(read_tables(input).graph);
      } else {
        look_at(graph::read_primekg(*LineSource::from_memory("kg.csv", input), {}).graph);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInput) std::abort();
    }
  }
  return 0;
}
