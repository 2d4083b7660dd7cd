#include <algorithm>
#include <array>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/model.hpp"
#include "molbridge/encoders/tokenizers/pair_merges.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

class Bpe final : public TokenModel {
 public:
  explicit Bpe(BpeOptions options) : options_(std::move(options)) {
    if (options_.unk_token) unk_id_ = options_.vocabulary.id_of(*options_.unk_token);
    for (std::size_t byte = 0; byte < 256; ++byte) {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      byte_ids_[byte] = options_.vocabulary.find(std::string("<0x") + kHex[byte >> 4] + kHex[byte & 15] + ">");
    }
    for (std::size_t rank = 0; rank < options_.merges.size(); ++rank)
      add_merge(options_.merges[rank], static_cast<std::uint32_t>(rank));
    options_.merges = {};
  }

  void tokenize(std::string_view word, TokenIds& out) const override {
    if (options_.ignore_merges) {
      if (const auto id = options_.vocabulary.find(word); id >= 0) {
        out.ids.push_back(id);
        return;
      }
    }
    if (merges_.empty() && plain()) {
      letters(word, out);
      return;
    }
    std::vector<std::int32_t> ids;
    pieces(word, ids, out.unknown);
    merges_.apply(ids, out.ids);
  }

  std::optional<std::int32_t> id_of(std::string_view token) const override { return options_.vocabulary.id_of(token); }
  std::string token_of(std::int32_t id) const override { return std::string(options_.vocabulary.token_of(id)); }
  std::int64_t size() const override { return options_.vocabulary.size(); }
  std::string name() const override { return "BPE"; }

 private:
  bool plain() const {
    return options_.continuing_subword_prefix.empty() && options_.end_of_word_suffix.empty() &&
           !options_.byte_fallback && !options_.unk_token;
  }

  void letters(std::string_view word, TokenIds& out) const {
    for (std::size_t i = 0; i < word.size();) {
      const std::size_t at = i;
      next_char(word, i);
      const auto id = options_.vocabulary.find(word.substr(at, i - at));
      id >= 0 ? out.ids.push_back(id) : void(++out.unknown);
    }
  }

  void add_merge(const std::pair<std::string, std::string>& parts, std::uint32_t rank) {
    const auto& [left, right] = parts;
    const auto& prefix = options_.continuing_subword_prefix;
    const auto refuse = [&](const std::string& token) {
      throw Error(ErrorCode::kModel, "merge " + std::to_string(rank + 1) + " ('" + left + "' '" + right +
                                         "') needs the token '" + token + "', which the vocabulary lacks")
          .remedy("take vocabulary and merges from the same model");
    };
    const auto left_id = options_.vocabulary.find(left);
    const auto right_id = options_.vocabulary.find(right);
    if (left_id < 0) refuse(left);
    if (right_id < 0 || right.size() < prefix.size()) refuse(right);
    const auto whole = left + right.substr(prefix.size());
    const auto whole_id = options_.vocabulary.find(whole);
    if (whole_id < 0) refuse(whole);
    merges_.add(left_id, right_id, rank, whole_id, true);
  }

  // The characters of a word as ids, with unknown tokens where the vocabulary lacks one.
  void pieces(std::string_view word, std::vector<std::int32_t>& ids, std::int64_t& unknown) const {
    bool pending = false;  // an unknown token that the next one may be fused with
    const auto flush = [&] {
      if (pending) ids.push_back(*unk_id_);
      pending = false;
    };
    std::string decorated;
    for (std::size_t i = 0; i < word.size();) {
      const std::size_t at = i;
      next_char(word, i);
      std::string_view piece = word.substr(at, i - at);
      if ((at > 0 && !options_.continuing_subword_prefix.empty()) ||
          (i == word.size() && !options_.end_of_word_suffix.empty())) {
        decorated = at > 0 ? options_.continuing_subword_prefix : "";
        decorated += piece;
        if (i == word.size()) decorated += options_.end_of_word_suffix;
        piece = decorated;
      }
      if (const auto id = options_.vocabulary.find(piece); id >= 0) {
        flush();
        ids.push_back(id);
        continue;
      }
      if (options_.byte_fallback && fall_back(piece, ids))
        continue;  // in front of a pending unknown token, as in the original
      ++unknown;
      if (!options_.unk_token) continue;
      if (!unk_id_)
        throw Error(ErrorCode::kModel, "the vocabulary lacks its own unknown token '" + *options_.unk_token + "'");
      if (!options_.fuse_unk) flush();
      pending = true;
    }
    flush();
  }

  bool fall_back(std::string_view piece, std::vector<std::int32_t>& ids) const {
    if (std::any_of(piece.begin(), piece.end(), [&](char c) { return byte_ids_[static_cast<unsigned char>(c)] < 0; }))
      return false;
    for (const char c : piece) ids.push_back(byte_ids_[static_cast<unsigned char>(c)]);
    return true;
  }

  BpeOptions options_;
  std::optional<std::int32_t> unk_id_;
  std::array<std::int32_t, 256> byte_ids_{};
  PairMerges merges_;
};

}  // namespace

std::unique_ptr<TokenModel> make_bpe(BpeOptions options) { return std::make_unique<Bpe>(std::move(options)); }

}  // namespace molbridge::encoders
