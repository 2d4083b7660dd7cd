#pragma once
// What the files beside a vocabulary say about its special tokens, read as transformers reads them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/encoders/tokenizers/added_tokens.hpp"

namespace molbridge::encoders {

/// The small JSON files of a folder; absent ones are empty. Errors: kModel.
struct FolderFiles {
  std::string folder;
  std::optional<JsonFields> tokenizer_config;
  std::optional<JsonFields> special_tokens_map;
  std::optional<JsonFields> added_tokens;
  std::optional<JsonFields> config;
  std::string all;  ///< their texts, for the digest

  static FolderFiles read(const std::string& folder);
  std::string path(const std::string& name) const { return folder + "/" + name; }
  std::string tokenizer_class() const;                    ///< "" unknown
  std::string model_type() const;                         ///< of config.json
  std::int64_t model_max_length() const;                  ///< 0: none, or one that means none
  bool flag(std::string_view key, bool otherwise) const;  ///< of tokenizer_config.json
};

/// Special tokens by attribute ("cls_token") and all tokens to add, in the order in which transformers adds them.
struct SpecialTokens {
  std::map<std::string, AddedToken> by_name;
  std::vector<AddedToken> to_add;
  const std::string& content(const std::string& name) const { return by_name.at(name).content; }
};

/// `defaults`: the attributes that the class of the tokenizer has itself.
SpecialTokens read_special_tokens(const FolderFiles& files, const std::map<std::string, AddedToken>& defaults);
/// With the defaults of BERT, which SMILES vocabularies share: [UNK], [SEP], [PAD], [CLS], [MASK].
SpecialTokens read_bert_special_tokens(const FolderFiles& files);
AddedToken special_token(std::string content, bool lstrip = false);

/// Lines of a vocabulary as Python reads them in text mode: \n, \r\n and \r end a line.
std::vector<std::string> read_vocabulary_lines(const std::string& path);

}  // namespace molbridge::encoders
