#pragma once
// BioBridge's bridge without gradients: the vector of a head and a relation become a vector in the space that the tails are projected into.
// learn/relation_bridge.hpp is the same while it learns; names of tensors are those of the published checkpoint (docs/formats/biobridge.md).
//
//   p       = P_type x                                            one matrix per node type, no bias
//   tokens  = [p, type(head), relation, type(tail)]               embeddings through a LayerNorm each; no positions
//   query   = encoder(tokens)[0] + p                              post-norm layers, GELU (erf)
//   tail    = P_type y                                            ranked by cosine with the query
//
// Without layers the encoder is one matrix, query = p + W [p; type(head); relation; type(tail)] + b ("translation").
// Ids of relation and types are independent of each other: any relation may be asked of any types. Source: BioBridge (arXiv 2310.03320),
// section 3.2 and its code. Threads: const use is safe; a call computes on the calling thread. A row's result does not depend on its neighbours.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "molbridge/bridges/linear_side.hpp"
#include "molbridge/nn/kernels.hpp"
#include "molbridge/nn/linear.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::bridges {

/// Ids: rows of the embeddings.
struct RelationIds {
  std::int64_t head_type = 0, relation = 0, tail_type = 0;
};

class RelationTransformer {
 public:
  /// Sizes follow from the tensors, but for the number of heads. Adds the names it has read to `used`. Errors: kModel naming file and tensor.
  static RelationTransformer read(const nn::Weights& weights, std::int64_t heads, nn::Precision precision,
                                  std::set<std::string>& used);

  std::int64_t width() const { return width_; }                                      ///< D
  std::int64_t layers() const { return static_cast<std::int64_t>(layers_.size()); }  ///< 0: a translation
  std::int64_t num_types() const { return static_cast<std::int64_t>(types_.size()) / width_; }
  std::int64_t num_relations() const { return static_cast<std::int64_t>(relations_.size()) / width_; }
  /// Null for a type that was never projected.
  std::shared_ptr<const LinearSide> projection(std::int64_t type) const;

  /// Shapes: x [rows, inputs of the head's projection], out [rows, D], of any length. Requires ids in range and a projection of the head type.
  void heads(const RelationIds& ids, const float* x, std::int64_t rows, float* out) const;

 private:
  struct Norm {
    std::vector<float> weight, bias;
  };
  struct Layer {
    nn::Linear qkv, output;
    Norm attention_norm, output_norm;
    nn::FeedForward feed_forward;
  };
  struct Scratch;

  RelationTransformer() = default;
  static Layer read_layer(const nn::Weights& weights, const std::string& name, std::int64_t width,
                          nn::Precision precision, std::set<std::string>& used);
  static Norm read_norm(const nn::Weights& weights, const std::string& name, std::int64_t width,
                        std::set<std::string>& used);
  static std::vector<float> read_embedding(const nn::Weights& weights, const std::string& name, std::int64_t width,
                                           std::set<std::string>& used);
  void read_projections(const nn::Weights& weights, std::set<std::string>& used);
  void read_layers(const nn::Weights& weights, std::int64_t heads, nn::Precision precision,
                   std::set<std::string>& used);
  void fill_tokens(const RelationIds& ids, const float* projected, std::int64_t rows, float* tokens) const;
  /// Tokens become the output of the layer; with `first_only` the first rows of `tokens` that of the first tokens alone.
  void apply(const Layer& layer, std::int64_t rows, bool first_only, Scratch& scratch) const;

  std::int64_t width_ = 0;
  nn::AttentionShape shape_;
  std::vector<float> types_, relations_;  ///< [n, D], normalised already
  std::map<std::int64_t, std::shared_ptr<const LinearSide>> projections_;
  std::vector<Layer> layers_;
  std::optional<nn::Linear> translation_;
};

}  // namespace molbridge::bridges
