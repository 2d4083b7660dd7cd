#pragma once
// Which tensors a Hugging Face folder of a known kind should have, by its config.json. Private to the service.
// Source: facts of the published files; docs/formats/model.md.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/nn/weights.hpp"

namespace molbridge::service {

/// Sizes of a transformer, from config.json.
struct TransformerSizes {
  std::string kind;  ///< "roberta", "bert", "albert", "esm"
  std::int64_t layers = 0, hidden = 0, heads = 0, intermediate = 0;
  std::int64_t vocabulary = 0, positions = 0, token_types = 0;
  std::int64_t embedding = 0;          ///< ALBERT: width of the embeddings
  std::int64_t groups = 1, inner = 1;  ///< ALBERT: groups of layers with weights of their own, layers in each
  bool normalize_embeddings = false;   ///< ESM: emb_layer_norm_before
};
/// Errors: kModel for what is no such file or of another kind, with the kinds that are read.
TransformerSizes read_transformer_sizes(const std::string& config_json);

/// Every tensor of the file in exactly one of kept, dropped, unexpected, mismatched.
struct TensorSorting {
  std::vector<std::string> kept;
  std::vector<std::string> dropped;  ///< heads and buffers that no embedding needs
  std::vector<std::string> missing;  ///< name and shape
  std::vector<std::string> unexpected;
  std::vector<std::string> mismatched;  ///< name, shape found, shape expected
  bool fits() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
};
/// `left_out`: starts of names that the user wants left out.
TensorSorting sort_transformer_tensors(const nn::Weights& weights, const TransformerSizes& sizes,
                                       const std::vector<std::string>& left_out);

/// "[512, 64]"
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace molbridge::service
