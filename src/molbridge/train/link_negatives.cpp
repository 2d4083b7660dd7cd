#include "molbridge/train/link_negatives.hpp"

#include <algorithm>

namespace molbridge::train {
namespace {

constexpr std::size_t kTriesPerNegative = 8;  // after that most of the pool is linked, and the rest is listed

}  // namespace

LinkNegatives::LinkNegatives(std::span<const LinkEdge> edges, std::span<const std::uint32_t> type_of,
                             std::uint32_t types)
    : linked_(type_of.size()), pools_(types) {
  for (const LinkEdge& edge : edges) {
    linked_[edge.head].push_back(edge.tail);
    linked_[edge.tail].push_back(edge.head);
  }
  for (std::uint32_t node = 0; node < linked_.size(); ++node) {
    std::vector<std::uint32_t>& others = linked_[node];
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    others.shrink_to_fit();
    if (!others.empty()) pools_[type_of[node]].push_back(node);
  }
}

bool LinkNegatives::may_be_drawn(std::uint32_t head, std::uint32_t node,
                                 const std::vector<std::uint32_t>& drawn) const {
  return node != head && std::find(drawn.begin(), drawn.end(), node) == drawn.end() &&
         !std::binary_search(linked_[head].begin(), linked_[head].end(), node);
}

std::vector<std::uint32_t> LinkNegatives::draw(Rng& rng, std::uint32_t head, std::uint32_t type,
                                               std::size_t count) const {
  const std::vector<std::uint32_t>& pool = pools_[type];
  std::vector<std::uint32_t> drawn;
  for (std::size_t tries = 0; drawn.size() < count && tries < count * kTriesPerNegative && !pool.empty(); ++tries) {
    const std::uint32_t node = pool[rng.below(pool.size())];
    if (may_be_drawn(head, node, drawn)) drawn.push_back(node);
  }
  if (drawn.size() == count) return drawn;
  std::vector<std::uint32_t> rest;
  for (const std::uint32_t node : pool)
    if (may_be_drawn(head, node, drawn)) rest.push_back(node);
  rng.shuffle(std::span(rest));
  rest.resize(std::min(rest.size(), count - drawn.size()));
  drawn.insert(drawn.end(), rest.begin(), rest.end());
  return drawn;
}

}  // namespace molbridge::train
