#include "molbridge/encoders/tokenizers/tokenizer.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/encoders/tokenizers/folder_tokenizers.hpp"
#include "molbridge/encoders/tokenizers/smiles_regex.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::uint64_t kLargestJson = 1U << 30;

bool is_special_name(std::string_view token) {
  return token.starts_with("[unused") || token == "[PAD]" || token == "[UNK]" || token == "[CLS]" || token == "[SEP]" ||
         token == "[MASK]" || (token.starts_with('<') && token.ends_with('>'));
}

// A vocabulary of SMILES tokens: nine in ten of its ordinary tokens are one, and a bracket atom is among them.
bool holds_smiles(const std::vector<std::string>& vocabulary) {
  std::size_t ordinary = 0;
  std::size_t smiles = 0;
  bool bracket_atom = false;
  for (const auto& token : vocabulary) {
    if (token.empty() || is_special_name(token)) continue;
    if (token.starts_with("##")) return false;
    ++ordinary;
    if (!is_smiles_token(token)) continue;
    ++smiles;
    bracket_atom |= token.starts_with('[');
  }
  return bracket_atom && smiles * 10 >= ordinary * 9;
}

bool holds_residues(const std::vector<std::string>& vocabulary) {
  const auto has = [&](std::string_view token) {
    return std::find(vocabulary.begin(), vocabulary.end(), token) != vocabulary.end();
  };
  constexpr std::string_view kResidues = "LAGVSERTIDPKQNFYMHWC";
  return vocabulary.size() < 100 && has("<cls>") && has("<eos>") &&
         std::all_of(kResidues.begin(), kResidues.end(), [&](char residue) { return has(std::string(1, residue)); });
}

// The tokens of vocab.json, or of a BPE model in tokenizer.json, by id; empty where merges make tokens out of letters.
std::vector<std::string> unmerged_vocabulary(const FolderFiles& files) {
  std::vector<std::string> by_id;
  const auto take = [&](const JsonFields& vocabulary) {
    read_vocabulary(vocabulary).each([&](std::string_view token, std::int32_t id) {
      if (static_cast<std::size_t>(id) >= by_id.size()) by_id.resize(static_cast<std::size_t>(id) + 1);
      by_id[static_cast<std::size_t>(id)] = token;
    });
  };
  if (file_exists(files.path("vocab.json"))) {
    const auto path = files.path("vocab.json");
    take(JsonFields::parse(read_text_file(path, kLargestJson), path));
  } else if (file_exists(files.path("tokenizer.json"))) {
    const auto path = files.path("tokenizer.json");
    const auto model = JsonFields::parse(read_text_file(path, kLargestJson), path).at("model");
    if (const auto merges = model.find("merges"); merges && merges->size() == 0) take(model.at("vocab"));
  }
  return by_id;
}

std::shared_ptr<const Tokenizer> open_as_trained(const FolderFiles& files, const TokenizerOptions& options) {
  auto vocabulary = unmerged_vocabulary(files);
  if (!holds_smiles(vocabulary)) return nullptr;
  return open_smiles(files, vocabulary, options);
}

std::shared_ptr<const Tokenizer> open_vocabulary(const FolderFiles& files, const TokenizerOptions& options) {
  const auto vocabulary = read_vocabulary_lines(files.path("vocab.txt"));
  const auto kind = files.tokenizer_class();
  if (kind.starts_with("EsmTokenizer") ||
      (kind.empty() && (files.model_type() == "esm" || holds_residues(vocabulary)))) {
    return open_esm(files, vocabulary, options);
  }
  if (kind.starts_with("SmilesTokenizer") || holds_smiles(vocabulary)) return open_smiles(files, vocabulary, options);
  return open_bert(files, vocabulary, options);
}

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::open(const std::string& folder, const TokenizerOptions& options) {
  if (!options.behaviour.empty() && options.behaviour != "hub" && options.behaviour != "trained") {
    throw Error(ErrorCode::kUsage, "the tokenizer behaviour '" + options.behaviour + "' is not known")
        .remedy("use hub or trained");
  }
  const auto has = [&](const std::string& name) { return file_exists(folder + "/" + name); };
  const bool json = has("tokenizer.json");
  const bool pair = has("vocab.json") && has("merges.txt");
  if (!json && !pair && !has("vocab.txt")) {
    throw Error(ErrorCode::kModel, "holds no tokenizer")
        .in_file(folder)
        .remedy("put tokenizer.json, or vocab.json with merges.txt, or vocab.txt of the model beside its weights");
  }
  try {
    const auto files = FolderFiles::read(folder);
    if (options.behaviour == "trained") {
      if (auto trained = open_as_trained(files, options)) return trained;
    }
    if (json) {
      const auto path = folder + "/tokenizer.json";
      return read_tokenizer_json(read_text_file(path, kLargestJson), path, options, files.model_max_length());
    }
    return pair ? open_roberta(files, options) : open_vocabulary(files, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInput) throw;
    Error model(ErrorCode::kModel, error.message());  // a file of a model that cannot be read is a matter of the model
    throw model.in_file(error.position().file.empty() ? folder : error.position().file)
        .remedy("download the model again");
  }
}

}  // namespace molbridge::encoders
