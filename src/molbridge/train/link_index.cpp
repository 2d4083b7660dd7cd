#include "molbridge/train/link_index.hpp"

#include <algorithm>
#include <utility>

namespace molbridge::train {
namespace {

std::uint64_t key_of(std::uint32_t node, std::uint32_t relation) { return (std::uint64_t{relation} << 32) | node; }

}  // namespace

LinkIndex::Side LinkIndex::sorted(std::vector<std::pair<std::uint64_t, std::uint32_t>> links) {
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  Side side;
  for (const auto& [key, partner] : links) {
    side.keys.push_back(key);
    side.partners.push_back(partner);
  }
  return side;
}

std::span<const std::uint32_t> LinkIndex::Side::of(std::uint64_t key) const {
  const auto [begin, end] = std::equal_range(keys.begin(), keys.end(), key);
  return std::span(partners).subspan(static_cast<std::size_t>(begin - keys.begin()),
                                     static_cast<std::size_t>(end - begin));
}

LinkIndex::LinkIndex(const graph::Graph& graph, std::span<const std::uint32_t> edges) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> tails, heads;
  const auto add = [&](std::uint32_t head, std::uint32_t relation, std::uint32_t tail) {
    tails.emplace_back(key_of(head, relation), tail);
    heads.emplace_back(key_of(tail, relation), head);
  };
  for (const std::uint32_t index : edges) {
    const graph::Edge& edge = graph.edges()[index];
    add(edge.head, edge.relation, edge.tail);
    if (graph.is_symmetric(edge.relation)) add(edge.tail, edge.relation, edge.head);
  }
  tails_ = sorted(std::move(tails));
  heads_ = sorted(std::move(heads));
}

std::span<const std::uint32_t> LinkIndex::tails_of(std::uint32_t head, std::uint32_t relation) const {
  return tails_.of(key_of(head, relation));
}

std::span<const std::uint32_t> LinkIndex::heads_of(std::uint32_t tail, std::uint32_t relation) const {
  return heads_.of(key_of(tail, relation));
}

}  // namespace molbridge::train
