#pragma once
// Edges between a queried node and what is ranked for it, for marking what is known. Private to the service. Threads: const use is safe.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/graph/graph.hpp"

namespace molbridge::service {

class LinkMarks {
 public:
  /// The graph must outlive it. Cost: one pass over the edges.
  LinkMarks(const graph::Graph& graph, std::vector<std::string> edge_files, const std::vector<std::uint32_t>& queried);

  struct Mark {
    bool asked = false;  ///< an edge of the relation asked for, in its direction (or any, where it is symmetric)
    std::string edges;   ///< "treats (edges_train.tsv), inverse of palliates (edges_train.tsv)"; "" for none
    std::string files;   ///< where the asked edges stand
  };
  Mark between(std::uint32_t queried, std::uint32_t other, const std::string& relation) const;
  /// Nodes that an edge joins to the queried one.
  std::size_t count(std::uint32_t queried) const;

 private:
  struct Link {
    std::uint32_t edge;
    bool inverse;
  };
  const graph::Graph& graph_;
  std::vector<std::string> files_;
  std::unordered_map<std::uint32_t, std::unordered_map<std::uint32_t, std::vector<Link>>> links_;
};

}  // namespace molbridge::service
