#pragma once
// Wrong tails for a head: nodes of the tail's type that no relation links to it. Also who is linked to whom, which in-batch losses leave out.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/core/rng.hpp"

namespace molbridge::train {

/// Indices into the nodes of a set, and the relation's row of the embedding.
struct LinkEdge {
  std::uint32_t head = 0, relation = 0, tail = 0;
};

/// Threads: const use is safe.
class LinkNegatives {
 public:
  /// `type_of`: of each node, below `types`. Every node with an edge may become a negative, as head or tail alike.
  LinkNegatives(std::span<const LinkEdge> edges, std::span<const std::uint32_t> type_of, std::uint32_t types);

  /// Up to `count` different nodes of the type, uniform among those that are not linked to the head in either direction and are not the head;
  /// fewer only where there are not so many. Source: BioBridge draws 50 per edge once and takes 5 of them in each step, which is this
  /// distribution but for what stays out of the 50.
  std::vector<std::uint32_t> draw(Rng& rng, std::uint32_t head, std::uint32_t type, std::size_t count) const;
  /// Nodes linked to this one by any relation in either direction, rising.
  const std::vector<std::uint32_t>& linked(std::uint32_t node) const { return linked_[node]; }
  /// Nodes of the type that have an edge, rising.
  const std::vector<std::uint32_t>& pool(std::uint32_t type) const { return pools_[type]; }

 private:
  bool may_be_drawn(std::uint32_t head, std::uint32_t node, const std::vector<std::uint32_t>& drawn) const;
  std::vector<std::vector<std::uint32_t>> linked_, pools_;
};

}  // namespace molbridge::train
