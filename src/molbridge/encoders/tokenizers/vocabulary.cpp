#include "molbridge/encoders/tokenizers/vocabulary.hpp"

#include <algorithm>
#include <cstring>

#include "molbridge/core/error.hpp"

namespace molbridge::encoders {
namespace {

constexpr std::int64_t kIdLimit = std::int64_t{1} << 24;
constexpr std::size_t kTextLimit = std::size_t{1} << 31;

}  // namespace

std::uint64_t hash_text(std::string_view text) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15ULL;
  std::uint64_t h = kPrime ^ text.size();
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    h = (h ^ word) * kPrime;
    h ^= h >> 29;
  }
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < left; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  h = (h ^ word) * kPrime;
  return h ^ (h >> 32);
}

std::size_t Vocabulary::slot_of(std::string_view token, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) return slot;
    const auto& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && text(entry) == token) return slot;
  }
}

void Vocabulary::grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = entries_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

void Vocabulary::add(std::string_view token, std::int64_t id) {
  if (id < 0 || id >= kIdLimit) {
    throw Error(ErrorCode::kModel, "token '" + std::string(token.substr(0, 40)) + "' has the id " + std::to_string(id) +
                                       "; ids go from 0 to " + std::to_string(kIdLimit - 1));
  }
  if (text_.size() + token.size() > kTextLimit)
    throw Error(ErrorCode::kModel, "the vocabulary holds more than 2 GB of text");
  if ((entries_.size() + 1) * 2 > slots_.size()) grow();
  const auto hash = hash_text(token);
  const auto slot = slot_of(token, hash);
  if (slots_[slot] != 0) {
    entries_[slots_[slot] - 1].id = static_cast<std::int32_t>(id);
  } else {
    entries_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(token.size()), hash,
                        static_cast<std::int32_t>(id)});
    text_ += token;
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
    longest_ = std::max(longest_, token.size());
  }
  if (static_cast<std::size_t>(id) >= by_id_.size()) by_id_.resize(static_cast<std::size_t>(id) + 1, 0);
  by_id_[static_cast<std::size_t>(id)] = slots_[slot];
}

std::int32_t Vocabulary::find(std::string_view token) const {
  if (slots_.empty() || token.size() > longest_) return -1;
  const auto slot = slot_of(token, hash_text(token));
  return slots_[slot] == 0 ? -1 : entries_[slots_[slot] - 1].id;
}

std::optional<std::int32_t> Vocabulary::id_of(std::string_view token) const {
  const auto id = find(token);
  return id < 0 ? std::nullopt : std::optional(id);
}

std::string_view Vocabulary::token_of(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= by_id_.size() || by_id_[static_cast<std::size_t>(id)] == 0) return {};
  return text(entries_[by_id_[static_cast<std::size_t>(id)] - 1]);
}

}  // namespace molbridge::encoders
