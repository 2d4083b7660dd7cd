// Folders that transformers turns into a pipeline of its fast tokenizers: RoBERTa and BERT.
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/tokenizers/folder_tokenizers.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::uint64_t kVocabularyFile = 1U << 30;

Vocabulary read_vocab_json(const std::string& text, const std::string& path) {
  Vocabulary vocabulary;
  const auto root = JsonFields::parse(text, path);
  try {
    root.each_member([&](const std::string& token, const JsonFields& id) {
      if (id.is_number()) vocabulary.add(token, id.integer());
    });
  } catch (Error& error) {
    if (error.position().file.empty()) error.in_file(path);
    throw;
  }
  return vocabulary;
}

std::vector<std::pair<std::string, std::string>> read_merges(const std::string& path) {
  std::vector<std::pair<std::string, std::string>> merges;
  const auto text = read_text_file(path, kVocabularyFile);
  std::uint64_t number = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    const auto parts = split(line, ' ');
    if (parts.size() != 2)
      throw Error(ErrorCode::kModel, "must be two tokens with a space between").at_line(path, number);
    merges.emplace_back(parts[0], parts[1]);
  }
  return merges;
}

// The special tokens get their ids, the template its own, and the rest of the frame what the files say.
std::shared_ptr<const Tokenizer> finish(PipelineParts parts, const SpecialTokens& special, const FolderFiles& files,
                                        const TokenizerOptions& options, const std::string& name,
                                        const std::string& content) {
  parts.added_tokens = special.to_add;
  const AddedTokens added(parts.added_tokens, *parts.model, parts.normalizer.get());
  const auto id_of = [&](const std::string& attribute) {
    const auto id = added.id_of(special.content(attribute));
    return id ? *id : parts.model->id_of(special.content(attribute)).value_or(0);
  };
  parts.frame.around = enclosing_template(id_of("cls_token"), id_of("sep_token"));
  parts.frame.pad_id = id_of("pad_token");
  parts.frame.max_tokens = options.max_tokens;
  parts.frame.model_max_tokens = files.model_max_length();
  parts.frame.name = name + ", " + format_count(static_cast<std::uint64_t>(parts.model->size())) + " tokens";
  parts.frame.digest = sha256(name + "\n" + std::to_string(options.max_tokens) + "\n" + content + files.all);
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

}  // namespace

std::shared_ptr<const Tokenizer> open_roberta(const FolderFiles& files, const TokenizerOptions& options) {
  const auto special = read_special_tokens(files, {{"bos_token", special_token("<s>")},
                                                   {"eos_token", special_token("</s>")},
                                                   {"sep_token", special_token("</s>")},
                                                   {"cls_token", special_token("<s>")},
                                                   {"unk_token", special_token("<unk>")},
                                                   {"pad_token", special_token("<pad>")},
                                                   {"mask_token", special_token("<mask>", true)}});
  const auto vocab_path = files.path("vocab.json");
  const auto merges_path = files.path("merges.txt");
  const auto vocab_text = read_text_file(vocab_path, kVocabularyFile);
  BpeOptions bpe;
  bpe.vocabulary = read_vocab_json(vocab_text, vocab_path);
  bpe.merges = read_merges(merges_path);
  PipelineParts parts;
  try {
    parts.model = make_bpe(std::move(bpe));
  } catch (Error& error) {
    throw error.in_file(merges_path);
  }
  parts.pre_tokenizer = make_byte_level_pre_tokenizer(files.flag("add_prefix_space", false), true);
  return finish(std::move(parts), special, files, options, "byte-level BPE (vocab.json, merges.txt)",
                vocab_text + "\n" + sha256_file(merges_path));
}

std::shared_ptr<const Tokenizer> open_bert(const FolderFiles& files, const std::vector<std::string>& vocabulary,
                                           const TokenizerOptions& options) {
  const auto special = read_bert_special_tokens(files);
  WordPieceOptions model;
  for (std::size_t id = 0; id < vocabulary.size(); ++id)
    model.vocabulary.add(vocabulary[id], static_cast<std::int64_t>(id));
  model.unk_token = special.content("unk_token");
  BertNormalizerOptions normalizer;
  normalizer.lowercase = files.flag("do_lower_case", true);
  normalizer.strip_accents = files.flag("strip_accents", normalizer.lowercase);
  normalizer.handle_chinese_chars = files.flag("tokenize_chinese_chars", true);
  PipelineParts parts;
  parts.model = make_word_piece(std::move(model));
  parts.normalizer = make_bert_normalizer(normalizer);
  parts.pre_tokenizer = make_bert_pre_tokenizer();
  const std::string name = std::string("WordPiece (vocab.txt), ") + (normalizer.lowercase ? "lower case" : "cased");
  return finish(std::move(parts), special, files, options, name, sha256_file(files.path("vocab.txt")));
}

}  // namespace molbridge::encoders
