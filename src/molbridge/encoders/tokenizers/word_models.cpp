// WordPiece and WordLevel.
#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/model.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

class WordPiece final : public TokenModel {
 public:
  explicit WordPiece(WordPieceOptions options)
      : options_(std::move(options)), unk_id_(options_.vocabulary.id_of(options_.unk_token)) {
    const auto& prefix = options_.continuing_subword_prefix;
    options_.vocabulary.each([&](std::string_view token, std::int32_t id) {
      if (token.starts_with(prefix)) continuing_.add(token.substr(prefix.size()), id);
    });
  }

  void tokenize(std::string_view word, TokenIds& out) const override {
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, options_.max_input_chars_per_word));
    const std::size_t before = out.ids.size();
    if (word.size() <= limit || count_chars(word) <= limit) {
      if (split(word, out.ids)) return;
    }
    out.ids.resize(before);
    if (!unk_id_)
      throw Error(ErrorCode::kModel, "the vocabulary lacks its own unknown token '" + options_.unk_token + "'");
    out.ids.push_back(*unk_id_);
    ++out.unknown;
  }

  std::optional<std::int32_t> id_of(std::string_view token) const override { return options_.vocabulary.id_of(token); }
  std::string token_of(std::int32_t id) const override { return std::string(options_.vocabulary.token_of(id)); }
  std::int64_t size() const override { return options_.vocabulary.size(); }
  std::string name() const override { return "WordPiece"; }

 private:
  // Longest prefix first; no token is longer than the longest of the table.
  bool split(std::string_view word, std::vector<std::int32_t>& ids) const {
    for (std::size_t begin = 0; begin < word.size();) {
      const auto& table = begin == 0 ? options_.vocabulary : continuing_;
      std::size_t end = std::min(word.size(), begin + table.longest());
      while (end > begin && !at_boundary(word, end)) --end;
      std::int32_t id = -1;
      while (end > begin) {
        id = table.find(word.substr(begin, end - begin));
        if (id >= 0) break;
        end = begin + last_char(word.substr(begin, end - begin));
      }
      if (id < 0) return false;
      ids.push_back(id);
      begin = end;
    }
    return true;
  }

  WordPieceOptions options_;
  std::optional<std::int32_t> unk_id_;
  Vocabulary continuing_;  // without the prefix
};

class WordLevel final : public TokenModel {
 public:
  WordLevel(Vocabulary vocabulary, std::string unk_token)
      : vocabulary_(std::move(vocabulary)), unk_token_(std::move(unk_token)), unk_id_(vocabulary_.id_of(unk_token_)) {}

  void tokenize(std::string_view word, TokenIds& out) const override {
    const auto id = vocabulary_.find(word);
    if (id >= 0) {
      out.ids.push_back(id);
      return;
    }
    if (!unk_id_) throw Error(ErrorCode::kModel, "the vocabulary lacks its own unknown token '" + unk_token_ + "'");
    out.ids.push_back(*unk_id_);
    ++out.unknown;
  }

  std::optional<std::int32_t> id_of(std::string_view token) const override { return vocabulary_.id_of(token); }
  std::string token_of(std::int32_t id) const override { return std::string(vocabulary_.token_of(id)); }
  std::int64_t size() const override { return vocabulary_.size(); }
  std::string name() const override { return "WordLevel"; }

 private:
  Vocabulary vocabulary_;
  std::string unk_token_;
  std::optional<std::int32_t> unk_id_;
};

}  // namespace

std::unique_ptr<TokenModel> make_word_piece(WordPieceOptions options) {
  return std::make_unique<WordPiece>(std::move(options));
}
std::unique_ptr<TokenModel> make_word_level(Vocabulary vocabulary, std::string unk_token) {
  return std::make_unique<WordLevel>(std::move(vocabulary), std::move(unk_token));
}

}  // namespace molbridge::encoders
