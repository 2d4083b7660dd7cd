#include "molbridge/encoders/tokenizers/slow_split.hpp"

#include <algorithm>

#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

struct Characters {
  explicit Characters(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      begins.push_back(i);
      chars.push_back(next_char(text, i));
    }
    begins.push_back(text.size());
  }
  std::vector<char32_t> chars;
  std::vector<std::size_t> begins;
};

}  // namespace

// One run over a text. Names and order of steps are those of the original, since its results follow from them.
struct SlowTrie::Cutter {
  const std::vector<Node>& nodes;
  const std::vector<char32_t>& text;
  std::vector<State> states;
  std::vector<std::size_t> offsets = {0};
  std::size_t skip = 0;

  const std::size_t* next(std::size_t node, std::size_t position) const {
    if (position >= text.size()) return nullptr;
    const auto found = nodes[node].next.find(text[position]);
    return found == nodes[node].next.end() ? nullptr : &found->second;
  }

  // A state is at the end of a word: takes the longest word that begins there or at an earlier state.
  void match(const State& state, std::size_t current) {
    std::size_t start = state.start;
    std::size_t end = current;
    for (const auto& look : states) {
      if (look.start > start) break;
      std::size_t ahead = look.start < start ? current + 1 : current;
      end = ahead;
      std::size_t node = look.node;
      const auto take = [&] {
        if (!nodes[node].word) return;
        start = look.start;
        end = skip = ahead;
      };
      take();
      while (const auto* following = next(node, ahead)) {
        node = *following;
        ++ahead;
        take();
        if (ahead == text.size()) break;
      }
    }
    offsets.push_back(start);
    offsets.push_back(end);
  }

  void step(std::size_t current) {
    std::vector<State> kept;
    bool reset = false;
    for (auto& state : states) {
      if (nodes[state.node].word) {
        match(State(state), current);
        reset = true;
        break;
      }
      if (const auto* following = next(state.node, current)) {
        state.node = *following;
        kept.push_back(state);
      }
    }
    states = reset ? std::vector<State>{} : std::move(kept);
    if (current < skip) return;
    if (const auto* begun = next(0, current)) states.push_back({current, *begun});
  }

  void run() {
    for (std::size_t current = 0; current < text.size(); ++current) {
      if (current >= skip) step(current);
    }
    for (const auto& state : states) {
      if (!nodes[state.node].word) continue;
      offsets.push_back(state.start);
      offsets.push_back(text.size());
      break;
    }
    offsets.push_back(text.size());
  }
};

void SlowTrie::add(std::string_view word) {
  if (word.empty()) return;
  std::size_t node = 0;
  for (std::size_t i = 0; i < word.size();) {
    const char32_t c = next_char(word, i);
    const auto found = nodes_[node].next.find(c);
    if (found != nodes_[node].next.end()) {
      node = found->second;
      continue;
    }
    nodes_.emplace_back();
    nodes_[node].next[c] = nodes_.size() - 1;
    node = nodes_.size() - 1;
  }
  nodes_[node].word = true;
}

std::vector<std::size_t> SlowTrie::cut(std::string_view text) const {
  const Characters characters(text);
  Cutter cutter{nodes_, characters.chars, {}};
  cutter.run();
  std::vector<std::size_t> ends;
  std::size_t start = 0;
  for (const auto end : cutter.offsets) {
    if (end <= start) continue;
    ends.push_back(characters.begins[end]);
    start = end;
  }
  return ends;
}

SlowSplitter::SlowSplitter(const std::vector<AddedToken>& tokens, const std::vector<std::string>& also) {
  for (const auto& token : tokens) {
    trie_.add(token.content);
    tokens_[token.content] = token;
  }
  for (const auto& word : also) trie_.add(word);
}

std::vector<SlowPart> SlowSplitter::split(std::string_view text) const {
  std::vector<SlowPart> parts;
  std::size_t begin = 0;
  for (const auto end : trie_.cut(text)) {
    const auto part = text.substr(begin, end - begin);
    parts.push_back({part, tokens_.contains(std::string(part))});
    begin = end;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].added) continue;
    const auto& token = tokens_.at(std::string(parts[i].text));
    if (token.rstrip && i + 1 < parts.size()) parts[i + 1].text = python_lstrip(parts[i + 1].text);
    if (token.lstrip && i > 0) parts[i - 1].text = python_rstrip(parts[i - 1].text);
  }
  std::erase_if(parts, [](const SlowPart& part) { return part.text.empty(); });
  return parts;
}

std::string_view python_lstrip(std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size() && is_python_space(next_char(text, at));) begin = at;
  return text.substr(begin);
}

std::string_view python_rstrip(std::string_view text) {
  while (!text.empty()) {
    const std::size_t begin = last_char(text);
    std::size_t at = begin;
    if (!is_python_space(next_char(text, at))) break;
    text = text.substr(0, begin);
  }
  return text;
}

std::vector<std::string_view> python_split(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (!is_python_space(next_char(text, i))) continue;
    if (at > begin) words.push_back(text.substr(begin, at - begin));
    begin = i;
  }
  if (begin < text.size()) words.push_back(text.substr(begin));
  return words;
}

}  // namespace molbridge::encoders
