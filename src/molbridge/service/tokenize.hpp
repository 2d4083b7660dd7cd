#pragma once
// Use case: the tokens that a model makes of texts, to see what a network sees.

#include <cstdint>
#include <string>

namespace molbridge::service {

struct TokenizeOptions {
  std::string model;        ///< folder with tokenizer files
  std::string input = "-";  ///< one text per line, as it is
  std::string output = "-";
  std::string behaviour;        ///< as TokenizerOptions::behaviour
  std::int64_t max_tokens = 0;  ///< as TokenizerOptions::max_tokens
  bool no_special_tokens = false;
};

struct TokenizeReport {
  std::string tokenizer;
  std::uint64_t texts = 0, tokens = 0, unknown = 0, truncated = 0;
};

/// Writes a TSV: line, tokens, unknown, truncated (0 or 1), ids with blanks between them. Errors: kModel, kInput, kOutput.
TokenizeReport tokenize(const TokenizeOptions& options);

}  // namespace molbridge::service
