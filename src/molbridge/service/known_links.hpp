#pragma once
// Which nodes a node is known to be joined to. For filtered ranks and for marking known edges. Threads: const use is safe.

#include <cstdint>
#include <utility>
#include <vector>

#include "molbridge/graph/graph.hpp"

namespace molbridge::service {

class KnownLinks {
 public:
  /// All edges; those of symmetric relations in both directions.
  explicit KnownLinks(const graph::Graph& graph);
  /// Tails of (head, relation, .), possibly repeated.
  std::vector<std::uint32_t> tails(std::uint32_t head, std::uint32_t relation) const;
  /// Nodes joined to `head` by any relation, in either direction, possibly repeated.
  std::vector<std::uint32_t> neighbours(std::uint32_t head) const;

 private:
  struct Link {
    std::uint32_t relation;
    std::uint32_t tail;
    bool is_tail;  ///< of an edge that has its head in the node
  };
  std::vector<std::uint64_t> begin_;  // [nodes + 1]
  std::vector<Link> links_;
};

}  // namespace molbridge::service
