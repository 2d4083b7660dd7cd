#include "molbridge/corpus/sentences.hpp"

#include "molbridge/core/text.hpp"

namespace molbridge::corpus {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool begins_sentence(char c) { return is_capital(c) || (c >= '0' && c <= '9') || c == '['; }

/// A single capital before the mark: of a genus, or of a name.
bool is_initial(std::string_view text, std::size_t mark) {
  return text[mark] == '.' && mark > 0 && is_capital(text[mark - 1]) && (mark == 1 || is_blank(text[mark - 2]));
}

bool ends_sentence(std::string_view text, std::size_t mark) {
  if (text[mark] != '.' && text[mark] != '!' && text[mark] != '?') return false;
  std::size_t next = mark + 1;
  while (next < text.size() && is_blank(text[next])) ++next;
  return next > mark + 1 && next < text.size() && begins_sentence(text[next]) && !is_initial(text, mark);
}

}  // namespace

std::vector<std::string_view> split_sentences(std::string_view text) {
  std::vector<std::string_view> sentences;
  std::size_t begin = 0;
  const auto add = [&](std::size_t end) {
    const std::string_view sentence = trim(text.substr(begin, end - begin));
    if (!sentence.empty()) sentences.push_back(sentence);
    begin = end;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (ends_sentence(text, i)) add(i + 1);
  }
  add(text.size());
  return sentences;
}

}  // namespace molbridge::corpus
