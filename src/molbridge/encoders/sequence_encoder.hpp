#pragma once
// Frozen transformers over tokens: RoBERTa, BERT, ALBERT and ESM-2 from a Hugging Face folder as it is. Text in, one vector out.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/encoders/tokenizers/tokenizer.hpp"
#include "molbridge/nn/precision.hpp"

namespace molbridge::encoders {

enum class Pooling {
  kCls,       ///< hidden state of the first token
  kMean,      ///< mean over all tokens, special ones included (sentence-transformers, BioBridge)
  kResidues,  ///< mean over the tokens of the text alone (usual for ESM)
  kMax,       ///< maximum over all tokens
  kPooler,    ///< tanh of the pooler's dense layer on the first token (BERT, ALBERT)
};
/// "cls", "mean", "residues", "max", "pooler". Errors: kUsage with the list.
Pooling parse_pooling(std::string_view text);
std::string_view name(Pooling pooling);

struct SequenceEncoderOptions {
  nn::Precision precision = nn::Precision::kFloat32;
  std::optional<Pooling>
      pooling;             ///< absent: what the folder says (1_Pooling/config.json), else the usual one of the kind
  bool normalize = false;  ///< to length 1
  TokenizerOptions tokenizer;
};

/// Threads: const use is safe. A vector depends on its text alone, not on the other texts of a call, nor on the threads.
class SequenceEncoder {
 public:
  virtual ~SequenceEncoder() = default;
  /// Errors: kModel (missing, of an unknown kind, sizes that do not fit) with the file and the remedy.
  static std::shared_ptr<const SequenceEncoder> open(const std::string& folder,
                                                     const SequenceEncoderOptions& options = {});

  virtual std::string kind() const = 0;  ///< "roberta", "bert", "albert", "esm"
  virtual std::string name() const = 0;  ///< "roberta 6x768, 12 heads, cls, f32"
  /// SHA-256 hex of weights, tokenizer, pooling and normalisation; not of the precision.
  virtual std::string digest() const = 0;
  virtual std::int64_t width() const = 0;
  virtual Pooling pooling() const = 0;
  virtual const Tokenizer& tokenizer() const = 0;
  virtual nn::Precision precision() const = 0;
  /// Shapes: out [texts, D]; returns [texts], 1 where a text is longer than the limit on tokens: its vector is of what fits. Sorted by length
  /// and packed without padding inside. A text without any token, special ones included, has the zero vector.
  virtual std::vector<std::uint8_t> embed(std::span<const std::string> texts, std::size_t threads,
                                          std::span<float> out) const = 0;
  /// Hidden states of every token, for tests and analysis. Shapes: [tokens, D].
  virtual std::vector<float> hidden_states(std::span<const std::int32_t> ids) const = 0;
};

}  // namespace molbridge::encoders
