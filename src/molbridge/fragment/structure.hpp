#pragma once
// A molecule made ready to be taken apart: its heavy atoms as bits, its bonds with what cutting them means, and every cut that parts it in two.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "molbridge/chem/graph.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/result.hpp"
#include "molbridge/fragment/atom_set.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::fragment {

/// Elements that are counted by name; all others together are "other".
enum Element : std::uint8_t { kC, kN, kO, kS, kP, kF, kCl, kBr, kI, kSi, kOther, kElements };
Element element_of(int atomic_number);

struct Atom {
  mass::Nuclide nuclide;
  Element element = kOther;
  std::uint8_t hydrogens = 0;
  std::int8_t charge = 0;
  bool aromatic = false;
  double mass = 0;  ///< u, with its hydrogens
};

struct Bond {
  std::uint8_t begin = 0, end = 0;
  bool in_ring = false;
  /// What lies across the bond, seen from `begin` and from `end`: codes of BondCode tables.
  std::array<std::uint16_t, 2> kind_code{}, neighbour_code{};
};

/// Codes of a cut bond as a fragment sees it: [0, kKindCodes) by the classes of the inner atom, the outer atom and the bond; [0, kNeighbourCodes)
/// by the elements of both atoms and what stands next to them.
inline constexpr int kKindCodes = 24 * 24 * 5;
inline constexpr int kNeighbourCodes = 64 * 64;

/// Two sides that fall apart when one bond outside rings, or two bonds of a ring, are cut.
struct Cut {
  AtomSet side;            ///< holds atom 0; the other side is the rest
  std::uint64_t ring = 0;  ///< fundamental cycles that the cut opens; 0 for a bond outside rings
  int cost = 0;            ///< rough, for choosing what to look at first; lower breaks more easily
};

struct SpanningTree;

/// Immutable. Threads: const use is safe.
class Structure {
 public:
  /// Failure: no atoms, more than kMaxAtoms heavy ones, more than 64 rings or 250 bonds, several parts, an element without a mass, or
  /// an atom with more than 7 hydrogens. Requires a standardised molecule.
  /// Cost: some 30 us.
  static Result<Structure> of(const chem::Molecule& molecule);
  static Result<Structure> of(const chem::MolecularGraph& graph);
  /// From a SMILES that standardize() gave, as a bank holds it: the same structure in a third of the time.
  static Result<Structure> of_standardized(std::string_view smiles);

  int size() const { return static_cast<int>(atoms_.size()); }
  const std::vector<Atom>& atoms() const { return atoms_; }
  const std::vector<Bond>& bonds() const { return bonds_; }
  const std::vector<Cut>& cuts() const { return cuts_; }  ///< cost ascending
  AtomSet all() const { return AtomSet::first(size()); }
  bool is_connected(AtomSet atoms) const;
  /// Atoms of an element; atoms with that bit (0 to 2) in their number of hydrogens; aromatic ones.
  AtomSet of_element(Element element) const { return by_element_[element]; }
  AtomSet hydrogen_bit(int bit) const { return by_hydrogen_bit_[static_cast<std::size_t>(bit)]; }
  AtomSet aromatic() const { return aromatic_; }
  AtomSet positive() const { return positive_; }
  AtomSet negative() const { return negative_; }

 private:
  void index_atoms();
  void describe_bonds(const chem::MolecularGraph& graph, const std::vector<std::uint64_t>& cycles);
  void find_cuts(const SpanningTree& tree);
  std::vector<Atom> atoms_;
  std::vector<Bond> bonds_;
  std::vector<int> cut_costs_;  ///< of each bond
  std::vector<AtomSet> adjacent_;
  std::vector<Cut> cuts_;
  std::array<AtomSet, kElements> by_element_{};
  std::array<AtomSet, 3> by_hydrogen_bit_{};
  AtomSet aromatic_, positive_, negative_;
};

}  // namespace molbridge::fragment
