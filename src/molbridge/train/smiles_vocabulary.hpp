#pragma once
// The tokens of SMILES that a set of molecules has: the regular expression of Schwaller et al., one id per distinct token. Its files are read by
// encoders::Tokenizer and by Hugging Face, to the same ids.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace molbridge::train {

using TokenId = std::uint16_t;

/// Threads: const use is safe.
class SmilesVocabulary {
 public:
  static constexpr TokenId kFirst = 0, kPad = 1, kLast = 2, kUnknown = 3, kMask = 4;  ///< <s> <pad> </s> <unk> <mask>
  static constexpr TokenId kOrdinary = 5;                                             ///< the first token of SMILES
  static constexpr std::size_t kLargest = 60000;

  /// `tokens`: the ordinary ones, in the order of their ids from kOrdinary.
  explicit SmilesVocabulary(std::vector<std::string> tokens);
  SmilesVocabulary(SmilesVocabulary&&) = default;
  SmilesVocabulary& operator=(SmilesVocabulary&&) = default;
  SmilesVocabulary(const SmilesVocabulary&) = delete;  // the map looks into the tokens
  SmilesVocabulary& operator=(const SmilesVocabulary&) = delete;
  /// Tokens that occur in at least `min_count` molecules, the commonest first. Errors: kInput for none, or more than kLargest.
  static SmilesVocabulary count(std::span<const std::string> smiles, std::int64_t min_count);

  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
  const std::string& token(std::int64_t id) const { return tokens_.at(static_cast<std::size_t>(id)); }
  /// <s>, tokens, </s>; what the vocabulary lacks is <unk>, and so is a run of characters that are no SMILES.
  std::vector<TokenId> encode(std::string_view smiles) const;

  std::string tokenizer_json() const;
  /// tokenizer_config.json; `max_tokens` counts special tokens.
  static std::string tokenizer_config_json(std::int64_t max_tokens);
  static std::string special_tokens_map_json();

 private:
  std::vector<std::string> tokens_;  // special ones included
  std::unordered_map<std::string_view, TokenId> id_of_;
};

}  // namespace molbridge::train
