#pragma once
// RoBERTa with a head over masked tokens, as LibTorch trains it. Parameters have the names and shapes of Hugging Face's RobertaForMaskedLM, so a
// saved module is what encoders::SequenceEncoder and transformers read. Source: Liu et al., "RoBERTa", arXiv 1907.11692; docs/formats/huggingface.md.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/encoders/sequence_encoder.hpp"
#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

struct TransformerOptions {
  std::int64_t vocabulary = 0;  ///< V
  std::int64_t layers = 4;
  std::int64_t hidden = 256;  ///< D, a multiple of `heads`
  std::int64_t heads = 8;
  std::int64_t feed_forward = 1024;
  std::int64_t max_tokens = 256;  ///< special ones included
  std::int64_t token_types = 1;   ///< rows of that embedding; only row 0 is used
  std::int64_t pad_id = 1;
  double dropout = 0.1;  ///< of embeddings, sublayers and attention probabilities
  double epsilon = 1e-5;
  double initial_spread = 0.02;  ///< standard deviation of initial matrices
  /// Rows of the position embeddings: the first pad_id + 1 stand for no token of a text.
  std::int64_t positions() const { return max_tokens + pad_id + 1; }
};

class TransformerBody;
class TokenHead;

/// Threads: as LibTorch's modules.
class MaskedTransformerImpl : public torch::nn::Module {
 public:
  explicit MaskedTransformerImpl(const TransformerOptions& options);
  /// Hidden states after the last layer. `real`: which tokens others may look at; positions count the tokens that are not pad_id.
  /// Shapes: ids int64 [B, T], real bool [B, T]; returns [B, T, D].
  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& real);
  /// As above, where every token that is not pad_id is real.
  torch::Tensor forward(const torch::Tensor& ids) { return forward(ids, ids.ne(options_.pad_id)); }
  /// Logits over the vocabulary; the last matrix is that of the token embeddings. Shapes: states [n, D]; returns [n, V].
  torch::Tensor token_logits(const torch::Tensor& states);
  const TransformerOptions& options() const { return options_; }

 private:
  TransformerOptions options_;
  std::shared_ptr<TransformerBody> body_;
  std::shared_ptr<TokenHead> head_;
};
TORCH_MODULE(MaskedTransformer);

/// One vector per sequence, as encoders::SequenceEncoder pools (kCls, kMean). Shapes: states [B, T, D], real [B, T]; returns [B, D].
torch::Tensor pool_states(const torch::Tensor& states, const torch::Tensor& real, encoders::Pooling pooling);

/// config.json of the network.
std::string huggingface_config(const TransformerOptions& options);

}  // namespace molbridge::train
