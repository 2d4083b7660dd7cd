#include "molbridge/spectra/msp_comment.hpp"

#include "molbridge/core/text.hpp"

namespace molbridge::spectra {
namespace {

using Pair = std::pair<std::string, std::string>;

bool is_space(char c) { return c == ' ' || c == '\t'; }

bool is_plain_key(std::string_view key) {
  if (key.size() < 2) return false;
  for (const char c : key) {
    const bool word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '#';
    if (!word) return false;
  }
  return true;
}

void add_pair(std::vector<Pair>& pairs, std::string_view key, std::string_view value) {
  key = trim(key);
  value = trim(value);
  if (!key.empty() && !value.empty()) pairs.emplace_back(key, value);
}

/// A token in quotes that starts behind the quote; returns the place after it.
std::size_t take_quoted(std::string_view text, std::size_t begin, std::vector<Pair>& pairs) {
  const std::size_t end = std::min(text.find('"', begin), text.size());
  const std::string_view token = text.substr(begin, end - begin);
  const std::size_t equals = token.find('=');
  if (equals != std::string_view::npos) add_pair(pairs, token.substr(0, equals), token.substr(equals + 1));
  return end + 1;
}

/// A token up to the next blank, or, where its value begins with a quote, up to the closing one.
std::size_t take_plain(std::string_view text, std::size_t begin, std::vector<Pair>& pairs) {
  std::size_t end = begin;
  while (end < text.size() && !is_space(text[end])) ++end;
  const std::size_t equals = text.substr(begin, end - begin).find('=');
  if (equals == std::string_view::npos || !is_plain_key(text.substr(begin, equals))) return end;
  const std::size_t value = begin + equals + 1;
  if (value < text.size() && text[value] == '"') {
    const std::size_t close = text.find('"', value + 1);
    if (close == std::string_view::npos) return end;
    add_pair(pairs, text.substr(begin, equals), text.substr(value + 1, close - value - 1));
    return close + 1;
  }
  add_pair(pairs, text.substr(begin, equals), text.substr(value, end - value));
  return end;
}

}  // namespace

std::vector<Pair> comment_pairs(std::string_view comment) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < comment.size();) {
    if (is_space(comment[i])) {
      ++i;
    } else if (comment[i] == '"') {
      i = take_quoted(comment, i + 1, pairs);
    } else {
      i = take_plain(comment, i, pairs);
    }
  }
  return pairs;
}

std::string comment_field_key(std::string_view pair_key) { return "Comments:" + std::string(pair_key); }

}  // namespace molbridge::spectra
