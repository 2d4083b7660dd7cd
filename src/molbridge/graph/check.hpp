#pragma once
// Looks for what a held-out part of a graph shares with its training part. Does not trust how the parts were made. Thread-safe: a pure
// function.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/graph/graph.hpp"

namespace molbridge::graph {

enum class Leak {
  kSameEdge,       ///< the very edge
  kMirroredEdge,   ///< the edge in the other direction, under a relation of the same name
  kHeldOutNode,    ///< a node whose split is val or test, or that an edge calls held out, has an edge in train
  kSameContent,    ///< a node of val or test has the molecule or the sequence of a node in train
  kOtherRelation,  ///< the pair under another relation, in either direction
};
constexpr std::size_t kNumLeaks = 5;
/// "mirrored edge".
std::string_view name(Leak leak);

struct LeakRow {
  Leak leak = Leak::kSameEdge;
  std::uint64_t count = 0;  ///< held-out edges, or nodes
  std::string first;        ///< the first of them, in words
};

/// One row per kind. `in_train` [edges]. Splits by edges keep their nodes in train: kHeldOutNode and kSameContent then find nothing, as no node
/// is held out. A pair under another relation is no fault of a split, but makes it easier; judge it apart.
std::vector<LeakRow> find_leaks(const Graph& graph, const std::vector<bool>& in_train);

}  // namespace molbridge::graph
