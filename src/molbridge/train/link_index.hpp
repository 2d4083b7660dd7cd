#pragma once
// Which nodes a node is linked to by a relation: what may not count as a wrong answer, in training and in filtered ranks.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/graph/graph.hpp"

namespace molbridge::train {

/// Indices of nodes and relations of a graph. Memory: 24 bytes an edge. Threads: const use is safe.
class LinkIndex {
 public:
  /// `edges`: indices into graph.edges(). An edge of a symmetric relation counts in both directions.
  LinkIndex(const graph::Graph& graph, std::span<const std::uint32_t> edges);

  /// Rising, without repetition.
  std::span<const std::uint32_t> tails_of(std::uint32_t head, std::uint32_t relation) const;
  std::span<const std::uint32_t> heads_of(std::uint32_t tail, std::uint32_t relation) const;

 private:
  /// Partners of each (relation, node), one list after the other.
  struct Side {
    std::vector<std::uint64_t> keys;  ///< rising
    std::vector<std::uint32_t> partners;
    std::span<const std::uint32_t> of(std::uint64_t key) const;
  };
  static Side sorted(std::vector<std::pair<std::uint64_t, std::uint32_t>> links);
  Side tails_, heads_;
};

}  // namespace molbridge::train
