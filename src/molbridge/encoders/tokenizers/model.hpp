#pragma once
// The models of tokenizer.json: from a word to token ids. Threads: const use is safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "molbridge/encoders/tokenizers/json_fields.hpp"
#include "molbridge/encoders/tokenizers/vocabulary.hpp"

namespace molbridge::encoders {

/// What the words of one text become.
struct TokenIds {
  std::vector<std::int32_t> ids;
  std::int64_t unknown = 0;  ///< unknown tokens, and characters that were dropped without one
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  /// `word` is not empty. Errors: kModel where the word needs an unknown token that the file lacks.
  virtual void tokenize(std::string_view word, TokenIds& out) const = 0;
  virtual std::optional<std::int32_t> id_of(std::string_view token) const = 0;
  virtual std::string token_of(std::int32_t id) const = 0;
  virtual std::int64_t size() const = 0;
  virtual std::string name() const = 0;
};

struct BpeOptions {
  Vocabulary vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;
  std::optional<std::string> unk_token;
  std::string continuing_subword_prefix;
  std::string end_of_word_suffix;
  bool fuse_unk = false;
  bool byte_fallback = false;
  bool ignore_merges = false;
};
/// Errors: kModel for a merge whose parts or whole the vocabulary lacks.
std::unique_ptr<TokenModel> make_bpe(BpeOptions options);

struct WordPieceOptions {
  Vocabulary vocabulary;
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  std::int64_t max_input_chars_per_word = 100;
};
std::unique_ptr<TokenModel> make_word_piece(WordPieceOptions options);

std::unique_ptr<TokenModel> make_word_level(Vocabulary vocabulary, std::string unk_token);

struct UnigramOptions {
  std::vector<std::pair<std::string, double>> pieces;  ///< with their scores; the id is the place
  std::optional<std::int64_t> unk_id;
  bool byte_fallback = false;
};
std::unique_ptr<TokenModel> make_unigram(UnigramOptions options);

/// "a b" or ["a", "b"].
std::pair<std::string, std::string> read_merge(const JsonFields& merge);
/// A JSON object token -> id.
Vocabulary read_vocabulary(const JsonFields& fields);
/// The one that a JSON object describes, by its "type" or, in old files, its fields. Errors: kModel.
std::unique_ptr<TokenModel> make_model(const JsonFields& fields);

}  // namespace molbridge::encoders
