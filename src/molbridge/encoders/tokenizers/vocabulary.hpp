#pragma once
// Tokens and their ids: a hash table over one block of text, looked up by view.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::encoders {

/// Threads: const use is safe.
class Vocabulary {
 public:
  /// A token given twice takes the later id, as a Python dict does. Errors: kModel for a negative id, or one of 2^24 and more
  /// (ids size tables, and no published vocabulary comes near).
  void add(std::string_view token, std::int64_t id);
  /// -1 where the vocabulary lacks the token. Cost: one hash.
  std::int32_t find(std::string_view token) const;
  std::optional<std::int32_t> id_of(std::string_view token) const;
  /// Empty where no token has the id; of two tokens with one id the later.
  std::string_view token_of(std::int32_t id) const;
  std::int64_t size() const { return static_cast<std::int64_t>(entries_.size()); }
  std::int64_t highest_id() const { return static_cast<std::int64_t>(by_id_.size()) - 1; }
  std::size_t longest() const { return longest_; }  ///< bytes of the longest token

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& entry : entries_) visit(text(entry), entry.id);
  }

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint32_t size;
    std::uint64_t hash;
    std::int32_t id;
  };
  std::string_view text(const Entry& entry) const { return std::string_view(text_).substr(entry.begin, entry.size); }
  std::size_t slot_of(std::string_view token, std::uint64_t hash) const;
  void grow();

  std::string text_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // entry + 1; 0 is free; a power of two
  std::vector<std::uint32_t> by_id_;  // entry + 1
  std::size_t longest_ = 0;
};

/// FNV-like over words of eight bytes; the same on every machine.
std::uint64_t hash_text(std::string_view text);

}  // namespace molbridge::encoders
