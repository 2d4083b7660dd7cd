#pragma once
// Filtered ranks of held-out edges while vectors of a graph are trained: which epoch to keep.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/graph/graph.hpp"
#include "molbridge/train/graph_embedding_task.hpp"
#include "molbridge/train/link_index.hpp"

namespace molbridge::train {

/// Takes edges out of `edges` at random, about `share` of them but at most `most`, such that every node keeps an edge. Returns them, rising.
std::vector<std::uint32_t> hold_out_edges(const graph::Graph& graph, std::vector<std::uint32_t>& edges, double share,
                                          std::int64_t most, std::uint64_t seed);

/// Ranks the tail of each edge among the nodes of its type. Figures in [0, 1]: mrr, hits_at_1, hits_at_10. Graph and task must outlive it. Not
/// thread-safe.
class LinkValidator : public Validator {
 public:
  /// `known`: edges that are no wrong answers, those of training and `edges` themselves.
  LinkValidator(const graph::Graph& graph, GraphEmbeddingTask& task, std::vector<std::uint32_t> edges,
                const std::vector<std::uint32_t>& known);
  std::vector<std::pair<std::string, double>> measure() override;

 private:
  void rank_block(std::span<const std::uint32_t> edges, std::span<const std::uint32_t> candidates,
                  const torch::Tensor& vectors, std::vector<std::uint64_t>& ranks);

  const graph::Graph& graph_;
  GraphEmbeddingTask& task_;
  std::vector<std::uint32_t> edges_;  // by type of the tail
  LinkIndex known_;
};

}  // namespace molbridge::train
