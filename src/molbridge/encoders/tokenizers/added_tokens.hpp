#pragma once
// Tokens that are cut out of a text before the model sees it. Threads: const use is safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "molbridge/encoders/tokenizers/model.hpp"
#include "molbridge/encoders/tokenizers/normalizers.hpp"
#include "molbridge/encoders/tokenizers/pieces.hpp"

namespace molbridge::encoders {

struct AddedToken {
  std::string content;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
  bool normalized = true;
  bool special = false;
  bool operator==(const AddedToken&) const = default;
};
/// The fields of an entry of "added_tokens"; absent ones as the original has them.
AddedToken read_added_token(const JsonFields& fields);

/// Finds the longest of a set of texts at the leftmost place.
class TokenFinder {
 public:
  void add(std::string_view content, std::size_t index);  ///< the first of equal ones holds; empty ones are never found
  struct Found {
    std::size_t begin, end, index;
  };
  std::optional<Found> find(std::string_view text, std::size_t from) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return static_cast<std::size_t>(hash_text(text)); }
  };
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> contents_;
  std::vector<std::vector<std::size_t>> lengths_ =
      std::vector<std::vector<std::size_t>>(256);  // by first byte, longest first
};

class AddedTokens {
 public:
  /// Ids are those of the model where it has the token, else the next free ones: as the original gives them, whatever the file says.
  AddedTokens(const std::vector<AddedToken>& tokens, const TokenModel& model, const Normalizer* normalizer);
  AddedTokens(const AddedTokens&) = delete;
  AddedTokens& operator=(const AddedTokens&) = delete;

  /// Cuts out the tokens: first on the raw text, then, normalised, those that match there. The result is normalised.
  Pieces extract(std::string_view text) const;
  std::optional<std::int32_t> id_of(std::string_view content) const;
  const AddedToken* token_of(std::int32_t id) const;
  /// Tokens that the model lacks.
  std::int64_t beyond_model() const { return beyond_model_; }

 private:
  struct Entry {
    std::string content;
    std::int32_t id;
    bool normalized;
  };
  void add(const std::vector<AddedToken>& tokens, const TokenModel& model);
  void split(std::string_view text, bool at_start, const TokenFinder& finder, Pieces& out) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_map<std::int32_t, AddedToken> tokens_;
  TokenFinder raw_;
  TokenFinder normal_;
  bool has_raw_ = false;
  bool has_normal_ = false;
  const Normalizer* normalizer_;
  std::int64_t beyond_model_ = 0;
};

}  // namespace molbridge::encoders
