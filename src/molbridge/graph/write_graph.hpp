#pragma once
// A graph as tables that read_graph() reads again. Format page: docs/formats/graph.md.

#include <string>
#include <vector>

#include "molbridge/graph/graph.hpp"
#include "molbridge/graph/split.hpp"

namespace molbridge::graph {

/// FOLDER/nodes.tsv and FOLDER/edges.tsv; or, with a split, edges_train.tsv, edges_val.tsv, edges_test.tsv and its folds of the nodes. Each
/// file appears when it is whole. Gives the paths. Errors: kOutput.
std::vector<std::string> write_graph(const Graph& graph, const std::string& folder, const GraphSplit* split = nullptr);

}  // namespace molbridge::graph
