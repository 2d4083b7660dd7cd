#include "molbridge/encoders/tokenizers/precompiled.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::size_t kLongestCluster =
    6;  // clusters of so many bytes and more go character by character, as in the original

std::uint32_t offset_of(std::uint32_t unit) { return (unit >> 10) << ((unit & (1U << 9)) >> 6); }
std::uint32_t label_of(std::uint32_t unit) { return unit & ((1U << 31) | 0xFF); }

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return value;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = kDigits.find(text[i]);
    if (text[i] == '=' && i + 2 >= text.size()) {
      ++padding;
    } else if (digit == std::string_view::npos || padding > 0) {
      return std::nullopt;
    }
    group = (group << 6) | (text[i] == '=' ? 0 : static_cast<std::uint32_t>(digit));
    if (i % 4 == 3) {
      for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>((group >> shift) & 0xFF);
      group = 0;
    }
  }
  out.resize(out.size() - padding);
  return out;
}

PrecompiledMap::PrecompiledMap(std::string_view bytes) {
  if (bytes.size() < 4) throw Error(ErrorCode::kModel, "precompiled_charsmap is cut short");
  const std::size_t units = little_endian(bytes, 0) / 4;
  if (units > (bytes.size() - 4) / 4) throw Error(ErrorCode::kModel, "precompiled_charsmap is cut short");
  trie_.resize(units);
  for (std::size_t i = 0; i < units; ++i) trie_[i] = little_endian(bytes, 4 + 4 * i);
  texts_ = bytes.substr(4 + 4 * units);
  if (valid_utf8(texts_) != texts_) throw Error(ErrorCode::kModel, "the texts of precompiled_charsmap are not UTF-8");
}

// The original takes the first, that is the shortest, prefix of the part that the trie knows, and puts its text in place of the whole part.
std::optional<std::string_view> PrecompiledMap::replacement(std::string_view part) const {
  if (trie_.empty()) return std::nullopt;
  std::uint32_t node = offset_of(trie_[0]);
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return std::nullopt;
    node ^= byte;
    if (node >= trie_.size()) return std::nullopt;
    const std::uint32_t unit = trie_[node];
    if (label_of(unit) != byte) return std::nullopt;
    node ^= offset_of(unit);
    if (((unit >> 8) & 1) == 0) continue;
    if (node >= trie_.size()) return std::nullopt;
    const std::size_t begin = trie_[node] & ((1U << 31) - 1);
    if (begin > texts_.size()) return std::nullopt;
    const auto text = std::string_view(texts_).substr(begin);
    const auto found = text.substr(0, text.find('\0'));
    if (!at_boundary(texts_, begin)) return std::nullopt;
    return found;
  }
  return std::nullopt;
}

std::string PrecompiledMap::apply(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  std::vector<std::size_t> ends;
  grapheme_ends(text, ends);
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    const auto cluster = text.substr(begin, end - begin);
    begin = end;
    if (cluster.size() < kLongestCluster) {
      if (const auto whole = replacement(cluster)) {
        out += *whole;
        continue;
      }
    }
    for (std::size_t i = 0; i < cluster.size();) {
      const std::size_t at = i;
      next_char(cluster, i);
      const auto part = cluster.substr(at, i - at);
      out += replacement(part).value_or(part);
    }
  }
  return out;
}

}  // namespace molbridge::encoders
