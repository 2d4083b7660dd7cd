#include "molbridge/encoders/tokenizers/smiles_regex.hpp"

namespace molbridge::encoders {
namespace {

bool is_digit(std::string_view text, std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; }

std::size_t bracket(std::string_view text, std::size_t at) {
  const auto end = text.find(']', at + 1);
  return end == std::string_view::npos || end == at + 1 ? 0 : end + 1 - at;
}

}  // namespace

std::size_t smiles_token(std::string_view text, std::size_t at, ReactionArrow arrow) {
  constexpr std::string_view kSingle = "BCNOSPFIbcnosp().=#-+\\/:~@?>*$0123456789";
  const auto followed_by = [&](char c) { return at + 1 < text.size() && text[at + 1] == c; };
  switch (text[at]) {
    case '[': return bracket(text, at);
    case 'B': return followed_by('r') ? 2 : 1;
    case 'C': return followed_by('l') ? 2 : 1;
    case '>': return arrow == ReactionArrow::kDouble && followed_by('>') ? 2 : 1;
    case '%': return is_digit(text, at + 1) && is_digit(text, at + 2) ? 3 : 0;
    default: return kSingle.find(text[at]) != std::string_view::npos ? 1 : 0;
  }
}

}  // namespace molbridge::encoders
