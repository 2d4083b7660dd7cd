#pragma once
// A set of atoms of one molecule, as bits. Values; thread-safe.

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace molbridge::fragment {

/// Molecules with more heavy atoms are not taken apart.
inline constexpr int kMaxAtoms = 128;

struct AtomSet {
  std::uint64_t low = 0, high = 0;

  static AtomSet of(int atom) {
    return atom < 64 ? AtomSet{std::uint64_t{1} << atom, 0} : AtomSet{0, std::uint64_t{1} << (atom - 64)};
  }
  static AtomSet first(int count) {
    const auto bits = [](int n) { return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1; };
    return {bits(count), count > 64 ? bits(count - 64) : 0};
  }
  bool has(int atom) const { return atom < 64 ? (low >> atom) & 1 : (high >> (atom - 64)) & 1; }
  bool empty() const { return (low | high) == 0; }
  int count() const { return std::popcount(low) + std::popcount(high); }
  /// Requires a set that is not empty.
  int lowest() const { return low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(high); }
  bool operator==(const AtomSet&) const = default;
  auto operator<=>(const AtomSet&) const = default;
  friend AtomSet operator&(AtomSet a, AtomSet b) { return {a.low & b.low, a.high & b.high}; }
  friend AtomSet operator|(AtomSet a, AtomSet b) { return {a.low | b.low, a.high | b.high}; }
  /// What is in `a` and not in `b`.
  friend AtomSet operator-(AtomSet a, AtomSet b) { return {a.low & ~b.low, a.high & ~b.high}; }
};

/// Calls `visit` with every atom, ascending.
template <typename Visit>
void for_each_atom(AtomSet set, const Visit& visit) {
  for (std::uint64_t bits = set.low; bits != 0; bits &= bits - 1) visit(std::countr_zero(bits));
  for (std::uint64_t bits = set.high; bits != 0; bits &= bits - 1) visit(64 + std::countr_zero(bits));
}

}  // namespace molbridge::fragment
