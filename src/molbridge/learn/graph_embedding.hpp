#pragma once
// Vectors of the nodes and relations of a graph while they learn: TransE, DistMult, ComplEx, RotatE. bridges/graph_embedding.hpp states their
// scores, layouts and sources and is the same without gradients.
//
// A corrupted tail is scored by a query made of head and relation, a corrupted head by one made of tail and relation: each kind has both, so
// that all candidates of a row are one matrix product.

#include <cstdint>
#include <string>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

struct GraphEmbeddingOptions {
  std::string kind;           ///< "transe", "distmult", "complex", "rotate"
  std::int64_t entities = 0;  ///< N
  std::int64_t relations = 0;
  std::int64_t width = 128;  ///< D; even for "complex" and "rotate"
  double margin = 9;  ///< range of the first vectors of the distance models: (margin + 2) / D, as Sun et al. have it
};

class GraphEmbeddingImpl : public torch::nn::Module {
 public:
  /// First values by LibTorch's generator. Errors: kInternal for another kind.
  explicit GraphEmbeddingImpl(const GraphEmbeddingOptions& options);

  /// Shapes: heads, tails [B, D], relations [B, R]; return [B, D].
  torch::Tensor tail_queries(const torch::Tensor& heads, const torch::Tensor& relations) const;
  torch::Tensor head_queries(const torch::Tensor& tails, const torch::Tensor& relations) const;
  /// Score of each query with its own node. Shapes: [B, D], [B, D]; returns [B].
  torch::Tensor pair_scores(const torch::Tensor& queries, const torch::Tensor& nodes) const;
  /// Score of each query with each node. Shapes: [B, D], [M, D]; returns [B, M].
  torch::Tensor scores(const torch::Tensor& queries, const torch::Tensor& nodes) const;

  bool is_distance() const;
  const GraphEmbeddingOptions& options() const { return options_; }

  torch::Tensor entities;   ///< [N, D]
  torch::Tensor relations;  ///< [relations, R]; R is D, for "rotate" D / 2 (angles)

 private:
  void start();
  GraphEmbeddingOptions options_;
};
TORCH_MODULE(GraphEmbedding);

}  // namespace molbridge::learn
