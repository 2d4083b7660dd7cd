#pragma once
// Folds of the edges of a graph: by held-out head nodes (unseen nodes, for bridges) or by edges (all nodes seen, for graph embeddings).
// Thread-safe: pure functions.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/graph/graph.hpp"

namespace molbridge::graph {

enum class Fold : std::uint8_t { kTrain, kVal, kTest };
constexpr std::array<Fold, 3> kFolds{Fold::kTrain, Fold::kVal, Fold::kTest};
/// "train", "val", "test".
std::string_view name(Fold fold);

struct HeadSplitOptions {
  double test_share = 0.10;  ///< of the head nodes of every type, in thousandths
  double val_share = 0.05;
  std::string salt = "molbridge-kg-1:";
};

struct EdgeSplitOptions {
  double test_share = 0.10;  ///< of the edges of every relation
  double val_share = 0.05;
  std::uint64_t seed = 1;
};

struct GraphSplit {
  std::vector<Fold> edges;  ///< [edges]
  std::vector<HeldOut>
      held_out;  ///< [edges] which ends are nodes of the edge's fold; kNone in train and in a split by edges
  std::vector<std::string>
      nodes;  ///< [nodes] "train", "val", "test"; "" for nodes that are no head. Split by edges: all ""
};

/// A node goes by SHA-256(salt + id), read as a number, mod 1000: below 1000 * test_share test, then val. Nodes of one molecule (inchikey14)
/// or one sequence go by the smallest id among them. An edge with a test node is test, else with a val node val: a held-out node has no edge
/// in train, in either direction. Errors: kUsage for shares that are negative or above 1 together.
GraphSplit split_by_heads(const Graph& graph, const HeadSplitOptions& options = {});

/// Random within each relation, such that every node keeps at least one edge in train (its own last ones stay there), and so does every
/// relation; both directions of one pair under one relation stay together. Shares are met as far as that allows.
GraphSplit split_by_edges(const Graph& graph, const EdgeSplitOptions& options = {});

/// Of each node the number of its group, in order of first appearance: nodes of one inchikey14, else of one sequence, are one
/// group; every other node is one of its own.
std::vector<std::uint32_t> identity_groups(const Graph& graph);

}  // namespace molbridge::graph
