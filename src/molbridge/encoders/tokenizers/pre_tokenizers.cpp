#include "molbridge/encoders/tokenizers/pre_tokenizers.hpp"

#include <array>
#include <optional>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/byte_level.hpp"
#include "molbridge/encoders/tokenizers/glyphs.hpp"
#include "molbridge/encoders/tokenizers/regex.hpp"

namespace molbridge::encoders {
namespace {

// Splits at characters of a class.
class CharSplit final : public PreTokenizer {
 public:
  CharSplit(std::uint8_t bits, Behaviour behaviour) : bits_(bits), behaviour_(behaviour) {}
  void apply(Pieces& pieces) const override {
    split_pieces(pieces, behaviour_, [this](std::string_view text, std::vector<Match>& matches) {
      match_chars(text, matches, [this](char32_t c) { return is_class(c, bits_); });
    });
  }

 private:
  std::uint8_t bits_;
  Behaviour behaviour_;
};

class Delimiter final : public PreTokenizer {
 public:
  explicit Delimiter(char32_t delimiter) : delimiter_(delimiter) {}
  void apply(Pieces& pieces) const override {
    split_pieces(pieces, Behaviour::kRemoved, [this](std::string_view text, std::vector<Match>& matches) {
      match_chars(text, matches, [this](char32_t c) { return c == delimiter_; });
    });
  }

 private:
  char32_t delimiter_;
};

// \w+|[^\w\s]+ of the Rust crate.
class Whitespace final : public PreTokenizer {
 public:
  void apply(Pieces& pieces) const override { split_pieces(pieces, Behaviour::kRemoved, find); }

 private:
  static int kind(char32_t c) { return is_class(c, kWordChar) ? 1 : is_class(c, kWhite) ? 0 : 2; }
  static void find(std::string_view text, std::vector<Match>& matches) {
    std::size_t begin = 0;
    int running = 0;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t at = i;
      const int now = kind(next_char(text, i));
      if (now == running) continue;
      if (at > begin) matches.push_back({begin, at, running == 0});
      begin = at;
      running = now;
    }
    if (begin < text.size()) matches.push_back({begin, text.size(), running == 0});
  }
};

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex) : add_prefix_space_(add_prefix_space), use_regex_(use_regex) {}
  void apply(Pieces& pieces) const override {
    if (add_prefix_space_) {
      rewrite_pieces(pieces, [](std::string_view text, const Span&, std::string& out) {
        if (!text.starts_with(' ')) out += ' ';
        out += text;
      });
    }
    if (use_regex_) split_pieces(pieces, Behaviour::kIsolated, match_gpt2_words);
    rewrite_pieces(pieces, [](std::string_view text, const Span&, std::string& out) { append_byte_chars(text, out); });
  }

 private:
  bool add_prefix_space_;
  bool use_regex_;
};

class Split final : public PreTokenizer {
 public:
  Split(Regex regex, Behaviour behaviour, bool invert)
      : regex_(std::move(regex)), behaviour_(behaviour), invert_(invert) {}
  void apply(Pieces& pieces) const override {
    split_pieces(pieces, behaviour_, [this](std::string_view text, std::vector<Match>& matches) {
      regex_.find_all(text, matches);
      if (!invert_) return;
      for (auto& match : matches) match.hit = !match.hit;
    });
  }

 private:
  Regex regex_;
  Behaviour behaviour_;
  bool invert_;
};

class Metaspace final : public PreTokenizer {
 public:
  enum class Prepend { kAlways, kFirst, kNever };
  Metaspace(std::string replacement, Prepend prepend, bool split)
      : replacement_(std::move(replacement)), prepend_(prepend), split_(split) {}
  void apply(Pieces& pieces) const override {
    rewrite_pieces(pieces, [this](std::string_view text, const Span& span, std::string& out) {
      const bool begins = text.starts_with(' ') || text.starts_with(replacement_);
      if (!begins && (prepend_ == Prepend::kAlways || (prepend_ == Prepend::kFirst && span.at_start)))
        out += replacement_;
      for (const char c : text) c == ' ' ? out += replacement_ : out += c;
    });
    if (!split_) return;
    std::size_t at = 0;
    const char32_t mark = next_char(replacement_, at);
    split_pieces(pieces, Behaviour::kMergedWithNext, [mark](std::string_view text, std::vector<Match>& matches) {
      match_chars(text, matches, [mark](char32_t c) { return c == mark; });
    });
  }

 private:
  std::string replacement_;
  Prepend prepend_;
  bool split_;
};

class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(std::size_t length) : length_(length) {}
  void apply(Pieces& pieces) const override {
    split_pieces(pieces, Behaviour::kIsolated, [this](std::string_view text, std::vector<Match>& matches) {
      for (std::size_t begin = 0, i = 0; begin < text.size(); begin = i) {
        for (std::size_t count = 0; count < length_ && i < text.size(); ++count) next_char(text, i);
        matches.push_back({begin, i, true});
      }
    });
  }

 private:
  std::size_t length_;
};

class Sequence final : public PreTokenizer {
 public:
  void add(std::unique_ptr<PreTokenizer> step) { steps_.push_back(std::move(step)); }
  void apply(Pieces& pieces) const override {
    for (const auto& step : steps_) step->apply(pieces);
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

class Glyphs final : public PreTokenizer {
 public:
  explicit Glyphs(GlyphSplitter splitter) : splitter_(std::move(splitter)) {}
  void apply(Pieces& pieces) const override {
    split_pieces(pieces, Behaviour::kIsolated,
                 [this](std::string_view text, std::vector<Match>& matches) { splitter_.find(text, matches); });
  }

 private:
  GlyphSplitter splitter_;
};

Behaviour behaviour_of(const JsonFields& fields, std::string otherwise) {
  constexpr std::array kNames = {std::pair("Removed", Behaviour::kRemoved), std::pair("Isolated", Behaviour::kIsolated),
                                 std::pair("MergedWithPrevious", Behaviour::kMergedWithPrevious),
                                 std::pair("MergedWithNext", Behaviour::kMergedWithNext),
                                 std::pair("Contiguous", Behaviour::kContiguous)};
  const auto name = fields.text("behavior", std::move(otherwise));
  for (const auto& [known, behaviour] : kNames) {
    if (name == known) return behaviour;
  }
  fields.refuse("the behavior '" + name + "' is not known");
}

std::string one_char(const JsonFields& fields, std::string_view key, std::string otherwise) {
  auto text = fields.text(key, std::move(otherwise));
  if (count_chars(text) != 1) fields.refuse("'" + std::string(key) + "' must be one character");
  return text;
}

std::unique_ptr<PreTokenizer> make_metaspace(const JsonFields& fields) {
  using Prepend = Metaspace::Prepend;
  const auto scheme = fields.text("prepend_scheme", "always");
  const bool never = scheme == "never" || !fields.boolean("add_prefix_space", true);
  if (scheme != "always" && scheme != "first" && scheme != "never")
    fields.refuse("the prepend_scheme '" + scheme + "' is not known");
  const auto prepend = never ? Prepend::kNever : scheme == "first" ? Prepend::kFirst : Prepend::kAlways;
  return std::make_unique<Metaspace>(one_char(fields, "replacement", "\xE2\x96\x81"), prepend,
                                     fields.boolean("split", true));
}

std::unique_ptr<PreTokenizer> make_split(const JsonFields& fields) {
  const auto pattern = fields.at("pattern");
  const auto text = pattern.find("String");
  const auto source = text ? escape_regex(text->text()) : pattern.text("Regex");
  return std::make_unique<Split>(Regex(source), behaviour_of(fields, "Isolated"), fields.boolean("invert", false));
}

std::unique_ptr<PreTokenizer> make_delimiter(const JsonFields& fields) {
  std::size_t at = 0;
  return std::make_unique<Delimiter>(next_char(one_char(fields, "delimiter", ""), at));
}

std::unique_ptr<PreTokenizer> make_sequence(const JsonFields& fields) {
  auto sequence = std::make_unique<Sequence>();
  fields.at("pretokenizers").each_element([&](const JsonFields& step) { sequence->add(make_pre_tokenizer(step)); });
  return sequence;
}

std::unique_ptr<PreTokenizer> make_fixed_length(const JsonFields& fields) {
  const auto length = fields.integer("length", 5);
  if (length < 1) fields.refuse("'length' must be at least 1");
  return std::make_unique<FixedLength>(static_cast<std::size_t>(length));
}

}  // namespace

std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer() {
  auto sequence = std::make_unique<Sequence>();
  sequence->add(std::make_unique<CharSplit>(kWhite, Behaviour::kRemoved));
  sequence->add(std::make_unique<CharSplit>(kPunctuation, Behaviour::kIsolated));
  return sequence;
}

std::unique_ptr<PreTokenizer> make_byte_level_pre_tokenizer(bool add_prefix_space, bool use_regex) {
  return std::make_unique<ByteLevel>(add_prefix_space, use_regex);
}

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const JsonFields& fields) {
  if (!fields.has("type") && fields.has("outer"))
    return std::make_unique<Glyphs>(GlyphSplitter(fields.text("outer"), fields.text("inner")));
  const auto type = fields.type();
  if (type == "BertPreTokenizer") return make_bert_pre_tokenizer();
  if (type == "ByteLevel")
    return make_byte_level_pre_tokenizer(fields.boolean("add_prefix_space", true), fields.boolean("use_regex", true));
  if (type == "Whitespace") return std::make_unique<Whitespace>();
  if (type == "WhitespaceSplit") return std::make_unique<CharSplit>(kWhite, Behaviour::kRemoved);
  if (type == "Punctuation") return std::make_unique<CharSplit>(kPunctuation, behaviour_of(fields, "Isolated"));
  if (type == "Digits") {
    return std::make_unique<CharSplit>(
        kNumber, fields.boolean("individual_digits", false) ? Behaviour::kIsolated : Behaviour::kContiguous);
  }
  if (type == "Split") return make_split(fields);
  if (type == "Metaspace") return make_metaspace(fields);
  if (type == "CharDelimiterSplit") return make_delimiter(fields);
  if (type == "FixedLength") return make_fixed_length(fields);
  if (type == "Sequence") return make_sequence(fields);
  fields.refuse("the pre-tokenizer '" + type + "' is not known");
}

}  // namespace molbridge::encoders
