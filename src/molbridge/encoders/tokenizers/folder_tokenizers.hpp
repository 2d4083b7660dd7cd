#pragma once
// Tokenizers of folders without tokenizer.json, by kind. Errors: kModel with the file.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/encoders/tokenizers/folder_files.hpp"
#include "molbridge/encoders/tokenizers/pipeline.hpp"
#include "molbridge/encoders/tokenizers/tokenizer.hpp"

namespace molbridge::encoders {

/// vocab.json + merges.txt, as RobertaTokenizerFast.
std::shared_ptr<const Tokenizer> open_roberta(const FolderFiles& files, const TokenizerOptions& options);
/// vocab.txt, as BertTokenizerFast (never_split has no effect there).
std::shared_ptr<const Tokenizer> open_bert(const FolderFiles& files, const std::vector<std::string>& vocabulary,
                                           const TokenizerOptions& options);
/// vocab.txt of residues, as EsmTokenizer.
std::shared_ptr<const Tokenizer> open_esm(const FolderFiles& files, const std::vector<std::string>& vocabulary,
                                          const TokenizerOptions& options);
/// Tokens of the SMILES regular expression, as SmilesTokenizer of rxnmapper and DeepChem. The id of a token is its place in the list;
/// "" where no token has the id.
std::shared_ptr<const Tokenizer> open_smiles(const FolderFiles& files, const std::vector<std::string>& vocabulary,
                                             const TokenizerOptions& options);

}  // namespace molbridge::encoders
