#include "molbridge/train/transformer_module.hpp"

#include <cmath>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"

namespace molbridge::train {
namespace {

namespace tn = torch::nn;
using torch::Tensor;

tn::LayerNorm layer_norm(const TransformerOptions& options) {
  return tn::LayerNorm(tn::LayerNormOptions({options.hidden}).eps(options.epsilon));
}

/// [B, T, D] to [B, heads, T, D / heads].
Tensor split_heads(const Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

/// The part that Hugging Face calls "embeddings".
class Embeddings : public tn::Module {
 public:
  explicit Embeddings(const TransformerOptions& o) : pad_id_(o.pad_id), dropout_(o.dropout) {
    words_ = register_module("word_embeddings", embedding(o.vocabulary, o).ptr());
    positions_ = register_module("position_embeddings", embedding(o.positions(), o).ptr());
    types_ = register_module("token_type_embeddings", tn::Embedding(o.token_types, o.hidden).ptr());
    norm_ = register_module("LayerNorm", layer_norm(o).ptr());
  }

  Tensor forward(const Tensor& ids) {
    const Tensor counted = ids.ne(pad_id_).to(torch::kInt64);
    const Tensor position = counted.cumsum(1) * counted + pad_id_;
    const Tensor sum = words_->forward(ids) + types_->weight.select(0, 0) + positions_->forward(position);
    return tn::functional::dropout(norm_->forward(sum),
                                   tn::functional::DropoutFuncOptions().p(dropout_).training(is_training()));
  }
  const Tensor& matrix() const { return words_->weight; }
  void clear_padding() {
    words_->weight[pad_id_].zero_();
    positions_->weight[pad_id_].zero_();
  }

 private:
  static tn::Embedding embedding(std::int64_t rows, const TransformerOptions& o) {
    return tn::Embedding(tn::EmbeddingOptions(rows, o.hidden).padding_idx(o.pad_id));
  }
  std::int64_t pad_id_;
  double dropout_;
  std::shared_ptr<tn::EmbeddingImpl> words_, positions_, types_;
  std::shared_ptr<tn::LayerNormImpl> norm_;
};

/// "attention.self".
class SelfAttention : public tn::Module {
 public:
  explicit SelfAttention(const TransformerOptions& o) : heads_(o.heads), dropout_(o.dropout) {
    for (const char* name : {"query", "key", "value"})
      parts_.push_back(register_module(name, tn::Linear(o.hidden, o.hidden).ptr()));
  }

  /// `hidden_keys`: [B, 1, 1, T], true where nobody may look; undefined where everybody may look everywhere.
  Tensor forward(const Tensor& x, const Tensor& hidden_keys) {
    const double scale = 1 / std::sqrt(static_cast<double>(x.size(2) / heads_));
    const Tensor query = split_heads(parts_[0]->forward(x) * scale, heads_);
    Tensor scores = torch::matmul(query, split_heads(parts_[1]->forward(x), heads_).transpose(2, 3));
    if (hidden_keys.defined()) scores = scores.masked_fill(hidden_keys, -std::numeric_limits<double>::infinity());
    const Tensor weights = tn::functional::dropout(
        scores.softmax(3), tn::functional::DropoutFuncOptions().p(dropout_).training(is_training()));
    return torch::matmul(weights, split_heads(parts_[2]->forward(x), heads_)).transpose(1, 2).reshape(x.sizes());
  }

 private:
  std::int64_t heads_;
  double dropout_;
  std::vector<std::shared_ptr<tn::LinearImpl>> parts_;
};

/// "output" of both sublayers: a linear map, dropout, and the norm of the sum with what went into the sublayer.
class SublayerOutput : public tn::Module {
 public:
  SublayerOutput(std::int64_t inputs, const TransformerOptions& o) : dropout_(o.dropout) {
    dense_ = register_module("dense", tn::Linear(inputs, o.hidden).ptr());
    norm_ = register_module("LayerNorm", layer_norm(o).ptr());
  }
  Tensor forward(const Tensor& x, const Tensor& residual) {
    return norm_->forward(
        residual + tn::functional::dropout(dense_->forward(x),
                                           tn::functional::DropoutFuncOptions().p(dropout_).training(is_training())));
  }

 private:
  double dropout_;
  std::shared_ptr<tn::LinearImpl> dense_;
  std::shared_ptr<tn::LayerNormImpl> norm_;
};

class Attention : public tn::Module {
 public:
  explicit Attention(const TransformerOptions& o) {
    self_ = register_module("self", std::make_shared<SelfAttention>(o));
    output_ = register_module("output", std::make_shared<SublayerOutput>(o.hidden, o));
  }
  Tensor forward(const Tensor& x, const Tensor& hidden_keys) {
    return output_->forward(self_->forward(x, hidden_keys), x);
  }

 private:
  std::shared_ptr<SelfAttention> self_;
  std::shared_ptr<SublayerOutput> output_;
};

/// "intermediate".
class Widening : public tn::Module {
 public:
  explicit Widening(const TransformerOptions& o) {
    dense_ = register_module("dense", tn::Linear(o.hidden, o.feed_forward).ptr());
  }
  Tensor forward(const Tensor& x) { return torch::gelu(dense_->forward(x)); }

 private:
  std::shared_ptr<tn::LinearImpl> dense_;
};

class Layer : public tn::Module {
 public:
  explicit Layer(const TransformerOptions& o) {
    attention_ = register_module("attention", std::make_shared<Attention>(o));
    widening_ = register_module("intermediate", std::make_shared<Widening>(o));
    output_ = register_module("output", std::make_shared<SublayerOutput>(o.feed_forward, o));
  }
  Tensor forward(const Tensor& x, const Tensor& hidden_keys) {
    const Tensor mixed = attention_->forward(x, hidden_keys);
    return output_->forward(widening_->forward(mixed), mixed);
  }

 private:
  std::shared_ptr<Attention> attention_;
  std::shared_ptr<Widening> widening_;
  std::shared_ptr<SublayerOutput> output_;
};

/// "encoder": its one child is the list "layer".
class LayerStack : public tn::Module {
 public:
  explicit LayerStack(const TransformerOptions& o) {
    auto list = register_module("layer", std::make_shared<tn::Module>());
    for (std::int64_t i = 0; i < o.layers; ++i)
      layers_.push_back(list->register_module(std::to_string(i), std::make_shared<Layer>(o)));
  }
  Tensor forward(Tensor x, const Tensor& hidden_keys) {
    for (const auto& layer : layers_) x = layer->forward(x, hidden_keys);
    return x;
  }

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

/// As the original: matrices and embeddings from a normal distribution, biases 0, norms 1.
void initialise(tn::Module& module, double spread) {
  const torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    if (item.value().dim() == 2) {
      item.value().normal_(0, spread);
    } else if (item.key().ends_with("bias")) {
      item.value().zero_();
    }
  }
}

}  // namespace

/// "roberta".
class TransformerBody : public tn::Module {
 public:
  explicit TransformerBody(const TransformerOptions& o) {
    embeddings_ = register_module("embeddings", std::make_shared<Embeddings>(o));
    layers_ = register_module("encoder", std::make_shared<LayerStack>(o));
  }
  Tensor forward(const Tensor& ids, const Tensor& real) {
    Tensor hidden_keys;
    if (!real.all().item<bool>()) hidden_keys = real.logical_not().view({real.size(0), 1, 1, real.size(1)});
    return layers_->forward(embeddings_->forward(ids), hidden_keys);
  }
  Embeddings& embeddings() { return *embeddings_; }

 private:
  std::shared_ptr<Embeddings> embeddings_;
  std::shared_ptr<LayerStack> layers_;
};

/// "lm_head", without the matrix that it shares with the embeddings.
class TokenHead : public tn::Module {
 public:
  explicit TokenHead(const TransformerOptions& o) {
    dense_ = register_module("dense", tn::Linear(o.hidden, o.hidden).ptr());
    norm_ = register_module("layer_norm", layer_norm(o).ptr());
    bias_ = register_parameter("bias", torch::zeros({o.vocabulary}));
  }
  Tensor forward(const Tensor& states, const Tensor& matrix) {
    // Under autocast the norm stays in float32: LibTorch 1.13 has none of narrow values with float32 weights.
    const Tensor widened = torch::gelu(dense_->forward(states)).to(norm_->weight.scalar_type());
    return tn::functional::linear(norm_->forward(widened), matrix, bias_);
  }

 private:
  std::shared_ptr<tn::LinearImpl> dense_;
  std::shared_ptr<tn::LayerNormImpl> norm_;
  Tensor bias_;
};

MaskedTransformerImpl::MaskedTransformerImpl(const TransformerOptions& options) : options_(options) {
  MOLBRIDGE_CHECK(options.hidden % options.heads == 0, std::to_string(options.heads));
  MOLBRIDGE_CHECK(options.pad_id >= 0 && options.pad_id < options.vocabulary, std::to_string(options.pad_id));
  body_ = register_module("roberta", std::make_shared<TransformerBody>(options));
  head_ = register_module("lm_head", std::make_shared<TokenHead>(options));
  initialise(*this, options.initial_spread);
  const torch::NoGradGuard no_grad;
  body_->embeddings().clear_padding();
}

Tensor MaskedTransformerImpl::forward(const Tensor& ids, const Tensor& real) {
  MOLBRIDGE_CHECK(ids.size(1) <= options_.max_tokens, std::to_string(ids.size(1)));
  return body_->forward(ids, real);
}

Tensor MaskedTransformerImpl::token_logits(const Tensor& states) {
  return head_->forward(states, body_->embeddings().matrix());
}

Tensor pool_states(const Tensor& states, const Tensor& real, encoders::Pooling pooling) {
  if (pooling == encoders::Pooling::kCls) return states.select(1, 0);
  MOLBRIDGE_CHECK(pooling == encoders::Pooling::kMean, std::string(encoders::name(pooling)));
  const Tensor weights = real.to(states.scalar_type()).unsqueeze(2);
  return (states * weights).sum(1) / weights.sum(1);
}

std::string huggingface_config(const TransformerOptions& o) {
  const Json json = {{"architectures", {"RobertaForMaskedLM"}},
                     {"model_type", "roberta"},
                     {"num_hidden_layers", o.layers},
                     {"hidden_size", o.hidden},
                     {"num_attention_heads", o.heads},
                     {"intermediate_size", o.feed_forward},
                     {"vocab_size", o.vocabulary},
                     {"max_position_embeddings", o.positions()},
                     {"type_vocab_size", o.token_types},
                     {"pad_token_id", o.pad_id},
                     {"bos_token_id", 0},
                     {"eos_token_id", 2},
                     {"hidden_act", "gelu"},
                     {"hidden_dropout_prob", o.dropout},
                     {"attention_probs_dropout_prob", o.dropout},
                     {"layer_norm_eps", o.epsilon},
                     {"initializer_range", o.initial_spread},
                     {"position_embedding_type", "absolute"},
                     {"torch_dtype", "float32"}};
  return json.dump(2) + "\n";
}

}  // namespace molbridge::train
