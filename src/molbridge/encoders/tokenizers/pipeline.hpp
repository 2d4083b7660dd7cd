#pragma once
// The pipeline of Hugging Face tokenizers: added tokens, normalizer, pre-tokenizer, model, truncation, template.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/encoders/tokenizers/added_tokens.hpp"
#include "molbridge/encoders/tokenizers/model.hpp"
#include "molbridge/encoders/tokenizers/normalizers.hpp"
#include "molbridge/encoders/tokenizers/pre_tokenizers.hpp"
#include "molbridge/encoders/tokenizers/template.hpp"
#include "molbridge/encoders/tokenizers/tokenizer.hpp"

namespace molbridge::encoders {

/// What all tokenizers share: the frame around the ids of a text, and what people ask about it.
struct TokenizerFrame {
  Template around;
  std::int64_t max_tokens = 0;        ///< 0: no limit
  std::int64_t model_max_tokens = 0;  ///< 0: the files say none
  bool cut_left = false;
  std::int32_t pad_id = 0;
  std::string name;
  std::string digest;
};
/// Errors: kModel where the limit leaves no room for the template.
void check_frame(const TokenizerFrame& frame);
/// Cuts `ids` to the limit and puts the template around them.
Encoding frame_ids(const TokenizerFrame& frame, std::vector<std::int32_t> ids, bool with_special_tokens);

struct PipelineParts {
  std::vector<AddedToken> added_tokens;
  std::unique_ptr<Normalizer> normalizer;       ///< null: none
  std::unique_ptr<PreTokenizer> pre_tokenizer;  ///< null: the whole text is one word
  std::unique_ptr<TokenModel> model;
  TokenizerFrame frame;
};

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(PipelineParts parts);
  Encoding encode(std::string_view text, bool with_special_tokens, bool with_tokens) const override;
  std::int64_t vocabulary_size() const override { return parts_.model->size() + added_.beyond_model(); }
  std::optional<std::int32_t> id_of(std::string_view token) const override;
  std::int32_t pad_id() const override { return parts_.frame.pad_id; }
  std::int64_t max_tokens() const override { return parts_.frame.max_tokens; }
  std::int64_t model_max_tokens() const override { return parts_.frame.model_max_tokens; }
  std::string name() const override { return parts_.frame.name; }
  std::string digest() const override { return parts_.frame.digest; }

 private:
  std::string token_of(std::int32_t id) const;
  PipelineParts parts_;
  AddedTokens added_;
};

/// Reads tokenizer.json. `text` is its content, `file` its name for messages. Errors: kModel.
std::shared_ptr<const Tokenizer> read_tokenizer_json(std::string_view text, const std::string& file,
                                                     const TokenizerOptions& options,
                                                     std::int64_t model_max_tokens = 0);

}  // namespace molbridge::encoders
