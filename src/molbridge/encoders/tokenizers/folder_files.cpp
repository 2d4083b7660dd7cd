#include "molbridge/encoders/tokenizers/folder_files.hpp"

#include <algorithm>
#include <array>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::uint64_t kSmallFile = 64U << 20;
constexpr std::uint64_t kVocabularyFile = 1U << 30;
constexpr std::int64_t kNoLimit = 1'000'000'000;  // transformers writes 1e30 for "none"
constexpr std::array<std::string_view, 7> kAttributes = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                         "pad_token", "cls_token", "mask_token"};

std::optional<JsonFields> read_json(FolderFiles& files, const std::string& name) {
  const auto path = files.path(name);
  if (!file_exists(path)) return std::nullopt;
  const auto text = read_text_file(path, kSmallFile);
  files.all += "\n" + name + "\n" + text;
  auto fields = JsonFields::parse(text, path);
  if (!fields.is_object()) fields.refuse("must be an object");
  return fields;
}

// An entry is a text or an object; an object means what AddedToken(...) of Python makes of it. A text keeps what the class of the
// tokenizer gives the attribute (RoBERTa's mask takes the space before it along).
AddedToken read_token(const JsonFields& value, bool lstrip) {
  if (value.is_string()) return special_token(value.text(), lstrip);
  auto token = read_added_token(value);
  token.normalized = value.boolean("normalized", false);
  token.special = true;
  return token;
}

using Decoder = std::map<std::int64_t, AddedToken>;

Decoder read_decoder(const FolderFiles& files) {
  Decoder decoder;
  const auto list = files.tokenizer_config ? files.tokenizer_config->find("added_tokens_decoder") : std::nullopt;
  if (!list) return decoder;
  list->each_member([&](const std::string& key, const JsonFields& token) {
    const auto id = parse_int(key);
    if (!id) token.refuse("'" + key + "' is no token id");
    decoder[*id] = read_added_token(token);
  });
  return decoder;
}

// added_tokens.json of older folders: token -> id.
Decoder read_legacy_decoder(const FolderFiles& files, const std::map<std::string, AddedToken>& specials) {
  Decoder decoder;
  if (!files.added_tokens) return decoder;
  files.added_tokens->each_member([&](const std::string& content, const JsonFields& id) {
    AddedToken token;
    token.content = content;
    token.special = std::any_of(specials.begin(), specials.end(),
                                [&](const auto& entry) { return entry.second.content == content; });
    token.normalized = !token.special;
    decoder[id.integer()] = token;
  });
  return decoder;
}

void take_attributes(const std::optional<JsonFields>& source, const std::map<std::string, AddedToken>& defaults,
                     std::map<std::string, AddedToken>& by_name) {
  if (!source) return;
  for (const auto attribute : kAttributes) {
    const std::string name(attribute);
    const auto value = source->find(name);
    if (!value) continue;
    const auto given = defaults.find(name);
    by_name[name] = read_token(*value, given != defaults.end() && given->second.lstrip);
  }
}

}  // namespace

FolderFiles FolderFiles::read(const std::string& folder) {
  FolderFiles files;
  files.folder = folder;
  files.tokenizer_config = read_json(files, "tokenizer_config.json");
  files.special_tokens_map = read_json(files, "special_tokens_map.json");
  files.added_tokens = read_json(files, "added_tokens.json");
  files.config = read_json(files, "config.json");
  return files;
}

std::string FolderFiles::tokenizer_class() const {
  return tokenizer_config ? tokenizer_config->text("tokenizer_class", "") : "";
}
std::string FolderFiles::model_type() const { return config ? config->text("model_type", "") : ""; }

std::int64_t FolderFiles::model_max_length() const {
  const auto value = tokenizer_config ? tokenizer_config->find("model_max_length") : std::nullopt;
  if (!value || !value->is_number()) return 0;
  const double length = value->number();
  return length >= 1 && length < static_cast<double>(kNoLimit) ? static_cast<std::int64_t>(length) : 0;
}

bool FolderFiles::flag(std::string_view key, bool otherwise) const {
  return tokenizer_config ? tokenizer_config->boolean(key, otherwise) : otherwise;
}

AddedToken special_token(std::string content, bool lstrip) {
  AddedToken token;
  token.content = std::move(content);
  token.lstrip = lstrip;
  token.normalized = false;
  token.special = true;
  return token;
}

SpecialTokens read_special_tokens(const FolderFiles& files, const std::map<std::string, AddedToken>& defaults) {
  SpecialTokens tokens;
  tokens.by_name = defaults;
  take_attributes(files.tokenizer_config, defaults, tokens.by_name);
  auto decoder = read_decoder(files);
  if (!files.tokenizer_config || !files.tokenizer_config->has("added_tokens_decoder")) {
    take_attributes(files.special_tokens_map, defaults, tokens.by_name);
    decoder = read_legacy_decoder(files, tokens.by_name);
  }
  const auto in_decoder = [&](const std::string& content) {
    return std::find_if(decoder.begin(), decoder.end(),
                        [&](const auto& entry) { return entry.second.content == content; });
  };
  for (auto& [name, token] : tokens.by_name) {
    if (const auto found = in_decoder(token.content); found != decoder.end()) token = found->second;
  }
  for (auto& [id, token] : decoder) {
    auto added = token;
    for (const auto& [name, special] : tokens.by_name) added.special |= special.content == token.content;
    tokens.to_add.push_back(added);
  }
  for (const auto attribute : kAttributes) {
    const auto found = tokens.by_name.find(std::string(attribute));
    if (found == tokens.by_name.end() || in_decoder(found->second.content) != decoder.end()) continue;
    const auto same = [&](const AddedToken& token) { return token.content == found->second.content; };
    if (std::none_of(tokens.to_add.begin(), tokens.to_add.end(), same)) tokens.to_add.push_back(found->second);
  }
  return tokens;
}

std::vector<std::string> read_vocabulary_lines(const std::string& path) {
  const auto text = read_text_file(path, kVocabularyFile);
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\r') {
      line += text[i];
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    lines.push_back(std::move(line));
    line.clear();
  }
  if (!line.empty()) lines.push_back(std::move(line));
  if (lines.empty()) throw Error(ErrorCode::kModel, "is empty").in_file(path).remedy("download the file again");
  return lines;
}

SpecialTokens read_bert_special_tokens(const FolderFiles& files) {
  return read_special_tokens(files, {{"unk_token", special_token("[UNK]")},
                                     {"sep_token", special_token("[SEP]")},
                                     {"pad_token", special_token("[PAD]")},
                                     {"cls_token", special_token("[CLS]")},
                                     {"mask_token", special_token("[MASK]")}});
}

}  // namespace molbridge::encoders
