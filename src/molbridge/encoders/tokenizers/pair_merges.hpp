#pragma once
// Merging of neighbouring tokens by rank, the step that byte pair and glyph pair encodings share.

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace molbridge::encoders {

/// Threads: const use is safe.
class PairMerges {
 public:
  /// Of two merges of one pair `replace` says which holds.
  void add(std::int32_t left, std::int32_t right, std::uint32_t rank, std::int32_t id, bool replace);
  bool empty() const { return merges_.empty(); }
  /// Appends what is left of `ids` when no pair can be merged: lowest rank first, then leftmost. Cost: n log n.
  void apply(const std::vector<std::int32_t>& ids, std::vector<std::int32_t>& out) const;

 private:
  struct Merge {
    std::uint32_t rank;
    std::int32_t id;
  };
  struct PairHash {
    std::size_t operator()(std::uint64_t key) const {
      return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 17);
    }
  };
  const Merge* find(std::int32_t left, std::int32_t right) const;
  std::unordered_map<std::uint64_t, Merge, PairHash> merges_;
};

}  // namespace molbridge::encoders
