// Folders whose tokenizers are written in Python in the original: SMILES (rxnmapper, DeepChem) and ESM.
#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/tokenizers/folder_tokenizers.hpp"
#include "molbridge/encoders/tokenizers/slow_split.hpp"
#include "molbridge/encoders/tokenizers/smiles_regex.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

struct SlowParts {
  Vocabulary vocabulary;  ///< added tokens included
  std::vector<AddedToken> added;
  std::vector<std::string> also_cut;
  std::int32_t unk_id = 0;
  TokenizerFrame frame;
};

class SlowTokenizer : public Tokenizer {
 public:
  explicit SlowTokenizer(SlowParts parts) : parts_(std::move(parts)), splitter_(parts_.added, parts_.also_cut) {
    check_frame(parts_.frame);
  }

  Encoding encode(std::string_view text, bool with_special_tokens, bool with_tokens) const override {
    std::string valid;
    if (!is_ascii(text)) {
      valid = valid_utf8(text);
      text = valid;
    }
    TokenIds found;
    if (plain(text)) {
      tokenize(text, found);
    } else {
      for (const auto& part : splitter_.split(text)) part.added ? push(part.text, found) : tokenize(part.text, found);
    }
    auto out = frame_ids(parts_.frame, std::move(found.ids), with_special_tokens);
    out.unknown = found.unknown;
    if (with_tokens) {
      for (const auto id : out.ids) out.tokens.emplace_back(parts_.vocabulary.token_of(id));
    }
    return out;
  }

  std::int64_t vocabulary_size() const override { return parts_.vocabulary.size(); }
  std::optional<std::int32_t> id_of(std::string_view token) const override { return parts_.vocabulary.id_of(token); }
  std::int32_t pad_id() const override { return parts_.frame.pad_id; }
  std::int64_t max_tokens() const override { return parts_.frame.max_tokens; }
  std::int64_t model_max_tokens() const override { return parts_.frame.model_max_tokens; }
  std::string name() const override { return parts_.frame.name; }
  std::string digest() const override { return parts_.frame.digest; }

 protected:
  virtual bool plain(std::string_view text) const = 0;  ///< no added token can be in it
  virtual void tokenize(std::string_view text, TokenIds& out) const = 0;
  void push(std::string_view token, TokenIds& out) const {
    const auto id = parts_.vocabulary.find(token);
    if (id < 0) ++out.unknown;
    out.ids.push_back(id < 0 ? parts_.unk_id : id);
  }
  const SlowParts& parts() const { return parts_; }

 private:
  SlowParts parts_;
  SlowSplitter splitter_;
};

class SmilesTokenizer final : public SlowTokenizer {
 public:
  explicit SmilesTokenizer(SlowParts parts) : SlowTokenizer(std::move(parts)) {
    const bool single = this->parts().vocabulary.find(">") >= 0 && this->parts().vocabulary.find(">>") < 0;
    arrow_ = single ? ReactionArrow::kSingle : ReactionArrow::kDouble;
    for (const auto& token : this->parts().added)
      plain_ = plain_ && token.content.starts_with('[') && token.content.ends_with(']');
  }

 private:
  // Tokens in brackets are found by the expression too, unless a bracket opens within a bracket or one is nowhere closed.
  bool plain(std::string_view text) const override {
    if (!plain_) return false;
    bool open = false;
    for (const char c : text) {
      if (c == '[' && open) return false;
      if (c == '[') open = true;
      if (c == ']') open = false;
    }
    return !open;
  }

  void tokenize(std::string_view text, TokenIds& out) const override {
    for (std::size_t at = 0; at < text.size();) {
      const auto size = smiles_token(text, at, arrow_);
      if (size > 0) {
        push(text.substr(at, size), out);
        at += size;
      } else {  // findall of Python passes over what does not match
        ++out.unknown;
        at += char_bytes(static_cast<unsigned char>(text[at]));
      }
    }
  }

  ReactionArrow arrow_ = ReactionArrow::kDouble;
  bool plain_ = true;
};

class EsmTokenizer final : public SlowTokenizer {
 public:
  using SlowTokenizer::SlowTokenizer;

 private:
  bool plain(std::string_view) const override { return false; }
  void tokenize(std::string_view text, TokenIds& out) const override {
    for (const auto word : python_split(text)) push(word, out);
  }
};

void take_vocabulary(const std::vector<std::string>& tokens, SlowParts& parts) {
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (!tokens[id].empty()) parts.vocabulary.add(tokens[id], static_cast<std::int64_t>(id));
  }
}

// Added tokens keep their place in the vocabulary, others come behind it; then the frame.
void finish(SlowParts& parts, const SpecialTokens& special, const FolderFiles& files, const TokenizerOptions& options,
            const char* first, const char* last) {
  auto next = parts.vocabulary.highest_id() + 1;
  for (const auto& token : special.to_add) {
    if (parts.vocabulary.find(token.content) < 0) parts.vocabulary.add(token.content, next++);
  }
  parts.added = special.to_add;
  const auto id_of = [&](const char* name) { return parts.vocabulary.find(special.content(name)); };
  parts.unk_id = id_of("unk_token");
  parts.frame.around = enclosing_template(id_of(first), id_of(last));
  parts.frame.pad_id = id_of("pad_token");
  parts.frame.max_tokens = options.max_tokens;
  parts.frame.model_max_tokens = files.model_max_length();
  Sha256 digest;
  digest.update(parts.frame.name + "\n" + std::to_string(options.max_tokens));
  parts.vocabulary.each([&](std::string_view token, std::int32_t id) {
    digest.update("\n" + std::to_string(id) + " ");
    digest.update(token);
  });
  digest.update(files.all);
  parts.frame.digest = digest.finish();
  parts.frame.name += ", " + format_count(static_cast<std::uint64_t>(parts.vocabulary.size())) + " tokens";
}

}  // namespace

std::shared_ptr<const Tokenizer> open_smiles(const FolderFiles& files, const std::vector<std::string>& vocabulary,
                                             const TokenizerOptions& options) {
  const auto special = read_bert_special_tokens(files);
  SlowParts parts;
  take_vocabulary(vocabulary, parts);
  parts.frame.name = "SMILES regular expression";
  finish(parts, special, files, options, "cls_token", "sep_token");
  return std::make_shared<SmilesTokenizer>(std::move(parts));
}

std::shared_ptr<const Tokenizer> open_esm(const FolderFiles& files, const std::vector<std::string>& vocabulary,
                                          const TokenizerOptions& options) {
  const auto special = read_special_tokens(files, {{"unk_token", special_token("<unk>")},
                                                   {"cls_token", special_token("<cls>")},
                                                   {"pad_token", special_token("<pad>")},
                                                   {"mask_token", special_token("<mask>")},
                                                   {"eos_token", special_token("<eos>")}});
  SlowParts parts;
  for (const auto& line : vocabulary) parts.also_cut.emplace_back(python_rstrip(python_lstrip(line)));
  take_vocabulary(parts.also_cut, parts);
  parts.frame.name = "residues (ESM)";
  finish(parts, special, files, options, "cls_token", "eos_token");
  return std::make_shared<EsmTokenizer>(std::move(parts));
}

}  // namespace molbridge::encoders
