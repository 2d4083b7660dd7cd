#include "molbridge/train/link_validator.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/eval/multi_ranking.hpp"

namespace molbridge::train {
namespace {

constexpr std::size_t kBlock = 256;

torch::Tensor index_tensor(std::span<const std::uint32_t> values) {
  return torch::tensor(std::vector<std::int64_t>(values.begin(), values.end()), torch::kInt64);
}

}  // namespace

std::vector<std::uint32_t> hold_out_edges(const graph::Graph& graph, std::vector<std::uint32_t>& edges, double share,
                                          std::int64_t most, std::uint64_t seed) {
  std::vector<std::uint32_t> degrees(graph.nodes().size(), 0), order = edges, taken;
  for (const std::uint32_t edge : edges) {
    ++degrees[graph.edges()[edge].head];
    ++degrees[graph.edges()[edge].tail];
  }
  const auto wanted =
      std::min(static_cast<std::size_t>(share * static_cast<double>(edges.size())), static_cast<std::size_t>(most));
  Rng(seed, "validation edges").shuffle(std::span(order));
  for (const std::uint32_t index : order) {
    if (taken.size() >= wanted) break;
    const graph::Edge& edge = graph.edges()[index];
    if (degrees[edge.head] < 2 || degrees[edge.tail] < 2) continue;
    --degrees[edge.head];
    --degrees[edge.tail];
    taken.push_back(index);
  }
  std::sort(taken.begin(), taken.end());
  std::erase_if(edges, [&](std::uint32_t edge) { return std::binary_search(taken.begin(), taken.end(), edge); });
  return taken;
}

LinkValidator::LinkValidator(const graph::Graph& graph, GraphEmbeddingTask& task, std::vector<std::uint32_t> edges,
                             const std::vector<std::uint32_t>& known)
    : graph_(graph), task_(task), edges_(std::move(edges)), known_(graph, known) {
  MOLBRIDGE_CHECK(!edges_.empty(), "no edge to rank");
  std::stable_sort(edges_.begin(), edges_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return graph_.type_of(graph_.edges()[a].tail) < graph_.type_of(graph_.edges()[b].tail);
  });
}

void LinkValidator::rank_block(std::span<const std::uint32_t> edges, std::span<const std::uint32_t> candidates,
                               const torch::Tensor& vectors, std::vector<std::uint64_t>& ranks) {
  std::vector<std::uint32_t> heads, relations;
  for (const std::uint32_t index : edges) {
    heads.push_back(graph_.edges()[index].head);
    relations.push_back(graph_.edges()[index].relation);
  }
  learn::GraphEmbeddingImpl& model = task_.model();
  const torch::Tensor queries = model.tail_queries(model.entities.index_select(0, index_tensor(heads)),
                                                   model.relations.index_select(0, index_tensor(relations)));
  const torch::Tensor scores = model.scores(queries, vectors).contiguous();
  const auto place_of = [&](std::uint32_t node) {
    return static_cast<std::size_t>(std::lower_bound(candidates.begin(), candidates.end(), node) - candidates.begin());
  };
  for (std::size_t i = 0; i < edges.size(); ++i) {
    std::vector<std::size_t> others;
    for (const std::uint32_t tail : known_.tails_of(heads[i], relations[i])) others.push_back(place_of(tail));
    const std::span row(scores.data_ptr<float>() + i * candidates.size(), candidates.size());
    ranks.push_back(eval::filtered_rank(row, place_of(graph_.edges()[edges[i]].tail), others));
  }
}

std::vector<std::pair<std::string, double>> LinkValidator::measure() {
  const torch::NoGradGuard no_grad;
  std::vector<std::uint64_t> ranks;
  for (std::size_t begin = 0; begin < edges_.size();) {
    const std::uint32_t type = graph_.type_of(graph_.edges()[edges_[begin]].tail);
    std::size_t end = begin;
    while (end < edges_.size() && graph_.type_of(graph_.edges()[edges_[end]].tail) == type) ++end;
    const auto candidates = graph_.nodes_of(graph_.types()[type]);
    const torch::Tensor vectors = task_.model().entities.index_select(0, index_tensor(candidates));
    for (; begin < end; begin += std::min(kBlock, end - begin))
      rank_block(std::span(edges_).subspan(begin, std::min(kBlock, end - begin)), candidates, vectors, ranks);
  }
  double reciprocal = 0, first = 0, tenth = 0;
  for (const std::uint64_t rank : ranks) {
    reciprocal += 1 / static_cast<double>(rank);
    first += rank <= 1 ? 1 : 0;
    tenth += rank <= 10 ? 1 : 0;
  }
  const auto count = static_cast<double>(ranks.size());
  return {{"mrr", reciprocal / count}, {"hits_at_1", first / count}, {"hits_at_10", tenth / count}};
}

}  // namespace molbridge::train
