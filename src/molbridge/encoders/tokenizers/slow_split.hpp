#pragma once
// How the tokenizers of transformers that are written in Python cut special tokens out of a text.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "molbridge/encoders/tokenizers/added_tokens.hpp"

namespace molbridge::encoders {

/// transformers.tokenization_utils.Trie, whose matching is almost, but not always, leftmost and longest; over characters.
/// Threads: const use is safe.
class SlowTrie {
 public:
  void add(std::string_view word);
  /// Ends of the parts of the text, in bytes; empty parts are left out.
  std::vector<std::size_t> cut(std::string_view text) const;

 private:
  struct Node {
    std::unordered_map<char32_t, std::size_t> next;
    bool word = false;
  };
  struct State {
    std::size_t start;
    std::size_t node;
  };
  struct Cutter;
  std::vector<Node> nodes_ = {Node{}};
};

/// A part of a text: an added token, or what lies between.
struct SlowPart {
  std::string_view text;
  bool added;
};

/// Threads: const use is safe.
class SlowSplitter {
 public:
  /// `also`: words at which the text is cut too, without being added tokens (EsmTokenizer does so with its whole vocabulary).
  SlowSplitter(const std::vector<AddedToken>& tokens, const std::vector<std::string>& also);
  std::vector<SlowPart> split(std::string_view text) const;

 private:
  SlowTrie trie_;
  std::unordered_map<std::string, AddedToken> tokens_;
};

std::string_view python_lstrip(std::string_view text);
std::string_view python_rstrip(std::string_view text);
/// text.split()
std::vector<std::string_view> python_split(std::string_view text);

}  // namespace molbridge::encoders
