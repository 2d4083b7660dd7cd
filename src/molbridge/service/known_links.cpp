#include "molbridge/service/known_links.hpp"

#include <numeric>

namespace molbridge::service {

KnownLinks::KnownLinks(const graph::Graph& graph) : begin_(graph.nodes().size() + 1) {
  for (const graph::Edge& edge : graph.edges()) {
    ++begin_[edge.head + 1];
    ++begin_[edge.tail + 1];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  links_.resize(begin_.back());
  std::vector<std::uint64_t> next(begin_.begin(), begin_.end() - 1);
  std::vector<bool> symmetric;
  for (std::uint32_t k = 0; k < graph.relations().size(); ++k) symmetric.push_back(graph.is_symmetric(k));
  for (const graph::Edge& edge : graph.edges()) {
    links_[next[edge.head]++] = {edge.relation, edge.tail, true};
    links_[next[edge.tail]++] = {edge.relation, edge.head, symmetric[edge.relation]};
  }
}

std::vector<std::uint32_t> KnownLinks::tails(std::uint32_t head, std::uint32_t relation) const {
  std::vector<std::uint32_t> out;
  for (std::uint64_t k = begin_[head]; k < begin_[head + 1]; ++k) {
    if (links_[k].relation == relation && links_[k].is_tail) out.push_back(links_[k].tail);
  }
  return out;
}

std::vector<std::uint32_t> KnownLinks::neighbours(std::uint32_t head) const {
  std::vector<std::uint32_t> out;
  for (std::uint64_t k = begin_[head]; k < begin_[head + 1]; ++k) out.push_back(links_[k].tail);
  return out;
}

}  // namespace molbridge::service
