#pragma once
// What a graph holds, by type and by relation. Thread-safe: a pure function.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/graph/graph.hpp"

namespace molbridge::graph {

struct TypeStatistics {
  std::string type;
  std::uint64_t nodes = 0;
  std::uint64_t with_modality = 0;
  std::uint64_t heads = 0;                     ///< nodes that are the head of an edge
  std::uint64_t isolated = 0;                  ///< nodes without an edge
  std::array<std::uint64_t, 5> degrees{};      ///< smallest, quartiles, largest: edges of a node, as head or tail
  std::array<std::uint64_t, 4> split_heads{};  ///< heads whose split is train, val, test, none
};

struct RelationStatistics {
  Relation relation;
  bool symmetric = false;
  std::uint64_t edges = 0;
  std::uint64_t licence_ok = 0;
  std::uint64_t encodable = 0;              ///< both ends have a modality
  std::vector<std::uint64_t> by_file;       ///< edges, in the order of the files
  std::array<std::uint64_t, 4> held_out{};  ///< by HeldOut
};

struct Statistics {
  std::vector<TypeStatistics> types;
  std::vector<RelationStatistics> relations;
};
Statistics statistics(const Graph& graph, std::size_t num_files);

/// Edges of each node, as head or tail, among edges that `counts` takes (all where empty). [nodes]
std::vector<std::uint32_t> degrees(const Graph& graph, const std::vector<bool>& counts = {});

}  // namespace molbridge::graph
