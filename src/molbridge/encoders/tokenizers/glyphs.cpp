#include "molbridge/encoders/tokenizers/glyphs.hpp"

#include <algorithm>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/pair_merges.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void push_glyph(std::size_t& done, std::size_t begin, std::size_t end, std::vector<Match>& matches) {
  if (done != begin) matches.push_back({done, begin, false});
  matches.push_back({begin, end, true});
  done = end;
}

// The glyphs of a word as views, without empty ones and those that cut a character (where the package panics).
std::vector<std::string_view> glyphs_of(const GlyphSplitter& splitter, std::string_view word) {
  std::vector<Match> matches;
  splitter.find(word, matches);
  std::vector<std::string_view> glyphs;
  for (const auto& match : matches) {
    if (match.begin >= match.end || !at_boundary(word, match.begin) || !at_boundary(word, match.end)) continue;
    glyphs.push_back(word.substr(match.begin, match.end - match.begin));
  }
  return glyphs;
}

GlyphSplitter read_splitter(const JsonFields& fields) {
  const auto tokenize = fields.at("tokenize");
  return GlyphSplitter(tokenize.text("outer"), tokenize.text("inner"));
}

class GlyphPairs final : public TokenModel {
 public:
  explicit GlyphPairs(const JsonFields& fields)
      : splitter_(read_splitter(fields)), vocabulary_(read_vocabulary(fields.at("vocab"))) {
    const auto unknown = vocabulary_.id_of(fields.text("unk_token"));
    if (!unknown) fields.refuse("the vocabulary lacks the unknown token '" + fields.text("unk_token") + "'");
    unk_id_ = *unknown;
    auto next = vocabulary_.highest_id() + 1;
    fields.at("merges").each_element([&](const JsonFields& merge) {
      const auto left = merge.at(std::size_t{0}).integer();
      const auto right = merge.at(std::size_t{1}).integer();
      if (left < 0 || right < 0 || left >= next || right >= next) merge.refuse("merges a token that comes after it");
      merged_.push_back(token_of(static_cast<std::int32_t>(left)) + token_of(static_cast<std::int32_t>(right)));
      if (merged_.back().size() > 1024) merge.refuse("makes a token of more than 1024 bytes");
      merges_.add(static_cast<std::int32_t>(left), static_cast<std::int32_t>(right),
                  static_cast<std::uint32_t>(merged_.size()), static_cast<std::int32_t>(next), false);
      ++next;
    });
  }

  void tokenize(std::string_view word, TokenIds& out) const override {
    std::vector<std::int32_t> ids;
    for (const auto glyph : glyphs_of(splitter_, word)) {
      const auto id = vocabulary_.find(glyph);
      if (id < 0) ++out.unknown;
      ids.push_back(id < 0 ? unk_id_ : id);
    }
    merges_.apply(ids, out.ids);
  }

  std::optional<std::int32_t> id_of(std::string_view token) const override { return vocabulary_.id_of(token); }
  std::string token_of(std::int32_t id) const override {
    const auto after = id - vocabulary_.highest_id() - 1;
    if (after < 0) return std::string(vocabulary_.token_of(id));
    return static_cast<std::size_t>(after) < merged_.size() ? merged_[static_cast<std::size_t>(after)] : "";
  }
  std::int64_t size() const override { return vocabulary_.size() + static_cast<std::int64_t>(merged_.size()); }
  std::string name() const override { return "glyph pairs"; }

 private:
  GlyphSplitter splitter_;
  Vocabulary vocabulary_;
  std::int32_t unk_id_ = 0;
  PairMerges merges_;
  std::vector<std::string> merged_;
};

class GlyphUnigram final : public TokenModel {
 public:
  explicit GlyphUnigram(const JsonFields& fields)
      : splitter_(read_splitter(fields)), unk_token_(fields.text("unk_token", "[UNK]")) {
    double lowest = std::numeric_limits<double>::infinity();
    fields.at("vocab").each_element([&](const JsonFields& piece) {
      std::string key;
      std::string token;
      std::size_t glyphs = 0;
      piece.at("glyphs").each_element([&](const JsonFields& glyph) {
        key += glyph.text() + kBetween;
        token += glyph.text();
        ++glyphs;
      });
      const auto id = static_cast<std::int64_t>(scores_.size());
      by_glyphs_.add(key, id);
      tokens_.add(token, id);
      scores_.push_back(piece.at("score").number());
      lowest = std::min(lowest, scores_.back());
      span_ = std::max(span_, glyphs);
    });
    unknown_score_ = scores_.empty() ? 0.0 : lowest;
    tokens_.add(unk_token_, static_cast<std::int64_t>(scores_.size()));
  }

  void tokenize(std::string_view word, TokenIds& out) const override {
    const auto glyphs = glyphs_of(splitter_, word);
    std::string keys;
    std::vector<std::size_t> ends = {0};
    for (const auto glyph : glyphs) {
      keys.append(glyph) += kBetween;
      ends.push_back(keys.size());
    }
    const auto best = best_path(keys, ends);
    std::vector<std::int32_t> ids;
    for (std::size_t k = glyphs.size(); k > 0; k = best[k].begin) ids.push_back(best[k].id);
    out.ids.insert(out.ids.end(), ids.rbegin(), ids.rend());
    out.unknown += std::count(ids.begin(), ids.end(), static_cast<std::int32_t>(scores_.size()));
  }

  std::optional<std::int32_t> id_of(std::string_view token) const override { return tokens_.id_of(token); }
  std::string token_of(std::int32_t id) const override { return std::string(tokens_.token_of(id)); }
  std::int64_t size() const override { return static_cast<std::int64_t>(scores_.size()) + 1; }
  std::string name() const override { return "glyph unigram"; }

 private:
  static constexpr char kBetween = '\xFF';  // in no UTF-8 text
  struct Step {
    double score = -std::numeric_limits<double>::infinity();
    std::size_t begin = 0;
    std::int32_t id = 0;
  };

  std::vector<Step> best_path(std::string_view keys, const std::vector<std::size_t>& ends) const {
    const std::size_t count = ends.size() - 1;
    std::vector<Step> best(count + 1);
    best[0].score = 0.0;
    for (std::size_t k = 1; k <= count; ++k) {
      for (std::size_t begin = k > span_ ? k - span_ : 0; begin < k; ++begin) {
        auto id = by_glyphs_.find(keys.substr(ends[begin], ends[k] - ends[begin]));
        if (id < 0 && k - begin > 1) continue;
        const double score = best[begin].score + (id < 0 ? unknown_score_ : scores_[static_cast<std::size_t>(id)]);
        if (id < 0) id = static_cast<std::int32_t>(scores_.size());
        if (score > best[k].score) best[k] = {score, begin, id};
      }
    }
    return best;
  }

  GlyphSplitter splitter_;
  std::string unk_token_;
  Vocabulary by_glyphs_;
  Vocabulary tokens_;
  std::vector<double> scores_;
  std::size_t span_ = 1;
  double unknown_score_ = 0.0;
};

}  // namespace

GlyphSplitter::GlyphSplitter(std::string_view outer, std::string_view inner)
    : outer_(outer, RegexSyntax::kRust), inner_(inner, RegexSyntax::kRust) {}

void GlyphSplitter::bracket(std::string_view text, std::size_t begin, std::size_t end, std::size_t& done,
                            std::vector<Match>& matches) const {
  matches.push_back({begin, begin + 1, true});
  done += 1;  // not begin + 1: so does the package
  const auto content = text.substr(begin + 1, end - begin - 2);
  const auto found = inner_.search(content, 0);
  const std::vector<std::size_t> groups(found.begin(), found.end());
  for (std::size_t g = 2; g + 1 < groups.size(); g += 2) {
    if (groups[g] == Regex::npos || groups[g + 1] == Regex::npos) continue;
    const std::size_t from = begin + 1 + groups[g];
    const std::size_t to = begin + 1 + groups[g + 1];
    if (!all_digits(text.substr(from, to - from))) {
      push_glyph(done, from, to, matches);
      continue;
    }
    for (std::size_t digit = from; digit < to; ++digit) matches.push_back({digit, digit + 1, true});
    done = to;
  }
  if (done != end - 1) {
    matches.push_back({done, end - 1, false});
    done = end - 1;
  }
  matches.push_back({done, end, true});
  done = end;
}

void GlyphSplitter::find(std::string_view text, std::vector<Match>& matches) const {
  std::vector<Match> atoms;
  outer_.find_all(text, atoms);
  std::size_t done = 0;
  for (const auto& atom : atoms) {
    if (!atom.hit) continue;
    if (atom.end - atom.begin >= 2 && text[atom.begin] == '[') {
      bracket(text, atom.begin, atom.end, done, matches);
    } else {
      push_glyph(done, atom.begin, atom.end, matches);
    }
  }
  if (done != text.size()) matches.push_back({done, text.size(), false});
}

std::unique_ptr<TokenModel> make_glyph_model(const JsonFields& fields) {
  if (fields.has("merges")) return std::make_unique<GlyphPairs>(fields);
  return std::make_unique<GlyphUnigram>(fields);
}

}  // namespace molbridge::encoders
