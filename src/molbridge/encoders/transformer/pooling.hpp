#pragma once
// From hidden states to one vector, and what the files of sentence-transformers say about it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "molbridge/encoders/sequence_encoder.hpp"
#include "molbridge/encoders/transformer/transformer_config.hpp"

namespace molbridge::encoders {

/// What a folder asks for; absent members: it does not say.
struct FolderPooling {
  std::optional<Pooling> pooling;
  bool normalize = false;
  std::int64_t max_tokens = 0;  ///< sentence_bert_config.json; 0: does not say
};

/// modules.json, <pooling module>/config.json and sentence_bert_config.json. `chosen`: the pooling is chosen already, so modules after
/// the network are not read. Errors: kModel for poolings and modules that are not computed here.
FolderPooling read_folder_pooling(const std::string& folder, bool chosen);

/// RoBERTa: cls, as SpecBridge has it. BERT and ALBERT: mean; BioBridge has it for PubMedBERT, and the first token of a network trained on
/// masked tokens alone was never trained to stand for the whole. ESM: residues.
Pooling usual_pooling(TransformerKind kind);

/// Mean, maximum or mean over the text's own tokens. Shapes: states [tokens, D], special [tokens], out [D]. Requires tokens > 0.
/// Where no token is the text's own, kResidues is the mean of all.
void pool_tokens(Pooling pooling, std::span<const float> states, std::span<const std::uint8_t> special,
                 std::span<float> out);

/// To length 1; vectors shorter than 1e-12 are divided by that, as the original does.
void normalize_length(std::span<float> vector);

}  // namespace molbridge::encoders
