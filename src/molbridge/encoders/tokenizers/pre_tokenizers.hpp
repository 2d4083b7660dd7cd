#pragma once
// The pre-tokenizers of tokenizer.json: from a normalised text to words. Threads: const use is safe.

#include <memory>

#include "molbridge/encoders/tokenizers/json_fields.hpp"
#include "molbridge/encoders/tokenizers/pieces.hpp"

namespace molbridge::encoders {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void apply(Pieces& pieces) const = 0;
};

std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer();
std::unique_ptr<PreTokenizer> make_byte_level_pre_tokenizer(bool add_prefix_space, bool use_regex);
/// The one that a JSON object describes. Errors: kModel naming an unknown type or a bad field.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const JsonFields& fields);

}  // namespace molbridge::encoders
