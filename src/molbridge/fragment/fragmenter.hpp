#pragma once
// A molecule taken apart: every connected part that one or two cuts leave, with what a network needs to know of it.
//
// A cut is one bond outside rings or two bonds of a ring. Parts are atom sets; hydrogens that move when bonds break are left to whoever
// matches masses (peak_matcher.hpp). Cuts through three bonds of fused rings are not made.
// Source of the idea: combinatorial fragmenters (MetFrag, MAGMa); sets of atoms instead of a tree, and learned weights instead of bond energies, are ours.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/fragment/structure.hpp"

namespace molbridge::fragment {

struct FragmenterOptions {
  std::size_t max_fragments = 500;  ///< those that break most easily come first
  double min_mass = 25;             ///< u; smaller parts are left out
  std::size_t max_pairs = 30'000;   ///< pairs of cuts looked at
};

/// Counts that describe a part and what it lost, in this order: heavy atoms, C, N, O, S, P, F, Cl, Br, I, Si, other, H, double-bond equivalents
/// (of the part as cut, + 2 to stay positive), rings, aromatic atoms, cut chain bonds, cut ring bonds, positive, negative atoms; then of the loss: heavy atoms, C, N, O, S, P, halogens,
/// H, aromatic atoms, pieces are not counted; last: 1 for the whole molecule, tenths of the molecule's heavy atoms in the part, heavy atoms of the molecule.
inline constexpr int kCounts = 32;
/// Codes by composition: formulas of part and loss (hydrogens included), hashed.
inline constexpr int kFormulaCodes = 4096;

struct Fragment {
  AtomSet atoms;
  double mass = 0;  ///< u, of atoms and their own hydrogens
  std::array<std::uint8_t, kCounts> counts{};
  std::uint16_t formula_code = 0, loss_code = 0;
  std::uint32_t first_border = 0;  ///< of its codes in Fragmentation
  std::uint8_t num_border = 0;     ///< bonds cut
  int hydrogens() const { return counts[12]; }
  int bonds_cut() const { return num_border; }
};

struct Fragmentation {
  std::vector<Fragment> fragments;  ///< the whole molecule first; the rest by how easily they break off
  std::vector<std::uint16_t> kind_codes, neighbour_codes;  ///< of border bonds, fragment by fragment
  bool complete = true;  ///< false where max_fragments or max_pairs left out what one or two cuts leave
};

/// Deterministic: follows from the structure alone. Thread-safe. Cost: some 0.05 ms for a drug.
Fragmentation take_apart(const Structure& structure, const FragmenterOptions& options = {});

}  // namespace molbridge::fragment
