#include "molbridge/encoders/tokenizers/added_tokens.hpp"

#include <algorithm>
#include <functional>

#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

bool ends_with_word(std::string_view text) {
  if (text.empty()) return false;
  std::size_t at = last_char(text);
  return is_class(next_char(text, at), kWordChar);
}

bool starts_with_word(std::string_view text) {
  std::size_t at = 0;
  return !text.empty() && is_class(next_char(text, at), kWordChar);
}

std::size_t spaces_at_start(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size() && is_class(next_char(text, at), kWhite);) end = at;
  return end;
}

std::size_t begin_of_last_spaces(std::string_view text) {
  while (!text.empty()) {
    const std::size_t begin = last_char(text);
    std::size_t at = begin;
    if (!is_class(next_char(text, at), kWhite)) break;
    text = text.substr(0, begin);
  }
  return text.size();
}

}  // namespace

AddedToken read_added_token(const JsonFields& fields) {
  AddedToken token;
  token.content = fields.text("content");
  token.single_word = fields.boolean("single_word", false);
  token.lstrip = fields.boolean("lstrip", false);
  token.rstrip = fields.boolean("rstrip", false);
  token.special = fields.boolean("special", false);
  token.normalized = fields.boolean("normalized", !token.special);
  return token;
}

void TokenFinder::add(std::string_view content, std::size_t index) {
  if (content.empty() || !contents_.try_emplace(std::string(content), index).second) return;
  auto& lengths = lengths_[static_cast<unsigned char>(content[0])];
  const auto place = std::lower_bound(lengths.begin(), lengths.end(), content.size(), std::greater<>());
  if (place == lengths.end() || *place != content.size()) lengths.insert(place, content.size());
}

std::optional<TokenFinder::Found> TokenFinder::find(std::string_view text, std::size_t from) const {
  for (std::size_t at = from; at < text.size(); ++at) {
    for (const std::size_t length : lengths_[static_cast<unsigned char>(text[at])]) {
      if (length > text.size() - at) continue;
      const auto found = contents_.find(text.substr(at, length));
      if (found != contents_.end()) return Found{at, at + length, found->second};
    }
  }
  return std::nullopt;
}

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens, const TokenModel& model, const Normalizer* normalizer)
    : normalizer_(normalizer) {
  add(tokens, model);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].normalized) {
      raw_.add(entries_[i].content, i);
      has_raw_ = true;
      continue;
    }
    NormalText content{entries_[i].content, false};
    if (normalizer_) normalizer_->apply(content);
    normal_.add(content.text, i);
    has_normal_ = true;
  }
}

void AddedTokens::add(const std::vector<AddedToken>& tokens, const TokenModel& model) {
  std::int64_t next = model.size();
  std::vector<Entry> ordinary;  // special tokens are looked for first
  std::unordered_map<std::string, bool> specials;
  for (const auto& token : tokens) {
    if (token.special && !token.content.empty()) specials.try_emplace(token.content, true);
  }
  for (const auto& token : tokens) {
    if (token.content.empty()) continue;
    const auto known = ids_.find(token.content);
    const bool again = known != ids_.end();
    if (again && tokens_.at(known->second) == token) continue;
    auto id = again ? std::optional(known->second) : model.id_of(token.content);
    if (!id) {
      id = static_cast<std::int32_t>(next++);
      ++beyond_model_;
    }
    ids_[token.content] = *id;
    tokens_[*id] = token;
    auto& list = specials.contains(token.content) ? entries_ : ordinary;
    if (!again) list.push_back({token.content, *id, token.normalized});
  }
  entries_.insert(entries_.end(), std::make_move_iterator(ordinary.begin()), std::make_move_iterator(ordinary.end()));
}

// `out` takes the pieces of `text`; the ones between tokens stay text.
void AddedTokens::split(std::string_view text, bool at_start, const TokenFinder& finder, Pieces& out) const {
  const std::size_t base = out.text.size();
  out.text += text;
  const auto push = [&](std::size_t begin, std::size_t end, std::int32_t id) {
    if (begin < end) out.spans.push_back({base + begin, base + end, id, at_start && begin == 0});
  };
  std::size_t done = 0;
  for (auto found = finder.find(text, 0); found; found = finder.find(text, found->end)) {
    const auto& entry = entries_[found->index];
    const auto& token = tokens_.at(entry.id);
    std::size_t begin = found->begin;
    std::size_t end = found->end;
    if (token.single_word && (ends_with_word(text.substr(0, begin)) || starts_with_word(text.substr(end)))) continue;
    if (token.lstrip) begin = std::max(begin_of_last_spaces(text.substr(0, begin)), done);
    if (token.rstrip) end += spaces_at_start(text.substr(end));
    push(done, begin, -1);
    push(begin, end, entry.id);
    done = end;
  }
  push(done, text.size(), -1);
}

Pieces AddedTokens::extract(std::string_view text) const {
  Pieces raw;
  if (has_raw_) {
    split(text, true, raw_, raw);
  } else if (!text.empty()) {
    raw.text = text;
    raw.spans.push_back({0, text.size(), -1, true});
  }
  if (!normalizer_ && !has_normal_) return raw;
  Pieces out;
  out.text.reserve(raw.text.size() + 16);
  for (const auto& span : raw.spans) {
    if (span.id >= 0) {
      const std::size_t begin = out.text.size();
      out.text += raw.view(span);
      out.spans.push_back({begin, out.text.size(), span.id, span.at_start});
      continue;
    }
    NormalText value{std::string(raw.view(span)), false};
    if (normalizer_) normalizer_->apply(value);
    split(value.text, span.at_start && !value.moved, normal_, out);
  }
  return out;
}

std::optional<std::int32_t> AddedTokens::id_of(std::string_view content) const {
  const auto found = ids_.find(std::string(content));
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const AddedToken* AddedTokens::token_of(std::int32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

}  // namespace molbridge::encoders
