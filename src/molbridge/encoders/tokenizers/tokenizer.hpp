#pragma once
// Text to token ids exactly as the tokenizer that a published model was trained with.
// Sources: tokenizer.json (Hugging Face tokenizers), vocab.txt (BERT), vocab.json + merges.txt (RoBERTa), the SMILES regular expression of
// Schwaller et al., the residue alphabet of ESM. Format page: docs/formats/tokenizers.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::encoders {

struct TokenizerOptions {
  /// "hub": as the published tokenizer files behave; "trained": as the weights were trained, where the two are known to differ
  /// (DeepChem ChemBERTa-77M drops brackets on the hub). Empty: the default of that kind, which its documentation gives with the reason.
  std::string behaviour;
  /// Longest sequence, special tokens included; 0: the truncation that tokenizer.json asks for, else no limit.
  std::int64_t max_tokens = 0;
};

struct Encoding {
  std::vector<std::int32_t> ids;      ///< with special tokens
  std::vector<std::uint8_t> special;  ///< 1 where the template, not the text, put the token
  std::vector<std::string> tokens;    ///< filled on request only
  std::int64_t unknown = 0;           ///< tokens that the vocabulary lacks
  bool truncated = false;
};

/// Threads: const use is safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// Reads what the folder holds, in this order: tokenizer.json; vocab.json + merges.txt; vocab.txt (kind by tokenizer_config.json and
  /// config.json, SMILES regex where the vocabulary is one of SMILES tokens, ESM where it is of residues). Errors: kModel with file and remedy.
  static std::shared_ptr<const Tokenizer> open(const std::string& folder, const TokenizerOptions& options = {});

  /// `text` is UTF-8; invalid bytes become U+FFFD.
  virtual Encoding encode(std::string_view text, bool with_special_tokens = true, bool with_tokens = false) const = 0;
  virtual std::int64_t vocabulary_size() const = 0;  ///< added tokens included
  virtual std::optional<std::int32_t> id_of(std::string_view token) const = 0;
  virtual std::int32_t pad_id() const = 0;
  virtual std::int64_t max_tokens() const = 0;  ///< what encode() cuts to; 0: no limit
  /// What the files call the longest sequence of the model (model_max_length); 0: they do not. encode() does not cut to it, as the
  /// original does not unless asked: give it as TokenizerOptions::max_tokens.
  virtual std::int64_t model_max_tokens() const { return 0; }
  virtual std::string name() const = 0;  ///< "WordPiece (vocab.txt), lower case"; for people
  /// SHA-256 hex of all that decides the ids.
  virtual std::string digest() const = 0;
};

}  // namespace molbridge::encoders
