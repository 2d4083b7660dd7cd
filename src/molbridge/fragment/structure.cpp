#include "molbridge/fragment/structure.hpp"

#include <algorithm>
#include <string>
#include <tuple>

namespace molbridge::fragment {

/// Found breadth first from atom 0.
struct SpanningTree {
  std::vector<int> child;  ///< of each bond: the atom that it joins to the tree; -1 for bonds that close a cycle
  std::vector<std::uint64_t> cycles;  ///< of each bond: the fundamental cycles that it is part of
  std::vector<AtomSet> below;         ///< of each atom: itself and all that hangs from it
  bool spans_all = false;
};

namespace {

constexpr std::size_t kMaxRings = 64;
constexpr int kMaxHydrogens = 7;  // of an atom: three bits count them

enum BondKind : int { kChainSingle, kChainMultiple, kRingSingle, kRingMultiple, kAromaticBond };

BondKind kind_of(const chem::GraphBond& bond, bool in_ring) {
  if (bond.order == 1.5) return kAromaticBond;
  if (bond.order == 1) return in_ring ? kRingSingle : kChainSingle;
  return in_ring ? kRingMultiple : kChainMultiple;
}

/// Eight elements or groups of them, for codes.
int group_of(Element element) {
  switch (element) {
    case kC: return 0;
    case kN: return 1;
    case kO: return 2;
    case kS: return 3;
    case kP: return 4;
    case kF:
    case kCl:
    case kBr:
    case kI: return 5;
    case kSi: return 6;
    default: return 7;
  }
}

/// What an atom is and what stands next to it.
struct AtomView {
  int group = 0;
  int unsaturation = 0;  ///< 0 saturated, 1 with a multiple bond, 2 aromatic
  bool next_to_multiple = false, next_to_aromatic = false, next_to_hetero = false;

  int kind() const { return group * 3 + unsaturation; }
  int surroundings() const { return group * 8 + next_to_multiple + 2 * next_to_aromatic + 4 * next_to_hetero; }
};

std::vector<AtomView> views_of(const chem::MolecularGraph& graph, const std::vector<Atom>& atoms) {
  std::vector<AtomView> views(atoms.size());
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    views[i].group = group_of(atoms[i].element);
    if (atoms[i].aromatic) views[i].unsaturation = 2;
  }
  for (const auto& bond : graph.bonds) {
    if (bond.order < 2) continue;
    for (const int end : {bond.begin, bond.end}) {
      int& unsaturation = views[static_cast<std::size_t>(end)].unsaturation;
      unsaturation = std::max(unsaturation, 1);
    }
  }
  for (const auto& bond : graph.bonds) {
    for (const auto& [self, other] : {std::pair(bond.begin, bond.end), std::pair(bond.end, bond.begin)}) {
      AtomView& view = views[static_cast<std::size_t>(self)];
      const AtomView& next = views[static_cast<std::size_t>(other)];
      view.next_to_multiple |= next.unsaturation == 1;
      view.next_to_aromatic |= next.unsaturation == 2;
      view.next_to_hetero |= next.group != 0;
    }
  }
  return views;
}

/// Rough order in which bonds break: heteroatoms first, then saturated carbon; rings and multiple bonds last.
int cut_cost(const AtomView& a, const AtomView& b, BondKind kind) {
  int cost = a.group == 0 && b.group == 0 ? 4 : 2;
  if (kind == kChainMultiple || kind == kRingMultiple) cost += 4;
  if (kind == kAromaticBond) cost += 4;
  if (kind == kChainSingle && a.unsaturation > 0 && b.unsaturation > 0) cost += 1;
  return cost;
}

/// Bonds of each atom, in their order, one atom after the other.
struct Incidence {
  std::vector<std::uint16_t> begin;
  std::vector<std::uint8_t> bonds;
};

Incidence incidence_of(const std::vector<Bond>& bonds, std::size_t atoms) {
  Incidence out;
  out.begin.assign(atoms + 1, 0);
  for (const Bond& bond : bonds) {
    ++out.begin[bond.begin + std::size_t{1}];
    ++out.begin[bond.end + std::size_t{1}];
  }
  for (std::size_t i = 0; i < atoms; ++i)
    out.begin[i + 1] = static_cast<std::uint16_t>(out.begin[i + 1] + out.begin[i]);
  out.bonds.resize(2 * bonds.size());
  std::vector<std::uint16_t> at(out.begin.begin(), out.begin.end() - 1);
  for (std::size_t i = 0; i < bonds.size(); ++i) {
    for (const std::uint8_t end : {bonds[i].begin, bonds[i].end}) out.bonds[at[end]++] = static_cast<std::uint8_t>(i);
  }
  return out;
}

SpanningTree spanning_tree(const std::vector<Bond>& bonds, std::size_t atoms) {
  const Incidence incidence = incidence_of(bonds, atoms);
  SpanningTree tree;
  tree.child.assign(bonds.size(), -1);
  tree.below.resize(atoms);
  std::vector<int> parent(atoms, -1), parent_bond(atoms, -1), depth(atoms, -1), order{0};
  order.reserve(atoms);
  depth[0] = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto atom = static_cast<std::size_t>(order[i]);
    for (std::size_t k = incidence.begin[atom]; k < incidence.begin[atom + 1]; ++k) {
      const std::uint8_t bond = incidence.bonds[k];
      const std::size_t next = bonds[bond].begin == atom ? bonds[bond].end : bonds[bond].begin;
      if (depth[next] >= 0) continue;
      depth[next] = depth[atom] + 1;
      parent[next] = order[i];
      parent_bond[next] = bond;
      tree.child[bond] = static_cast<int>(next);
      order.push_back(static_cast<int>(next));
    }
  }
  tree.spans_all = order.size() == atoms;
  if (!tree.spans_all) return tree;
  for (std::size_t i = atoms; i-- > 0;) {
    const auto atom = static_cast<std::size_t>(order[i]);
    tree.below[atom] = tree.below[atom] | AtomSet::of(order[i]);
    if (i == 0) break;
    AtomSet& above = tree.below[static_cast<std::size_t>(parent[atom])];
    above = above | tree.below[atom];
  }
  tree.cycles.assign(bonds.size(), 0);
  std::uint64_t cycle = 1;
  for (std::size_t i = 0; i < bonds.size(); ++i) {
    if (tree.child[i] >= 0) continue;
    std::size_t a = bonds[i].begin, b = bonds[i].end;
    tree.cycles[i] |= cycle;
    while (a != b) {
      std::size_t& deeper = depth[a] >= depth[b] ? a : b;
      tree.cycles[static_cast<std::size_t>(parent_bond[deeper])] |= cycle;
      deeper = static_cast<std::size_t>(parent[deeper]);
    }
    cycle <<= 1;
  }
  return tree;
}

}  // namespace

Element element_of(int atomic_number) {
  switch (atomic_number) {
    case 6: return kC;
    case 7: return kN;
    case 8: return kO;
    case 16: return kS;
    case 15: return kP;
    case 9: return kF;
    case 17: return kCl;
    case 35: return kBr;
    case 53: return kI;
    case 14: return kSi;
    default: return kOther;
  }
}

Result<Structure> Structure::of(const chem::Molecule& molecule) { return of(chem::molecular_graph(molecule)); }

Result<Structure> Structure::of_standardized(std::string_view smiles) {
  const auto graph = chem::standardized_graph(smiles);
  if (!graph) return Failure(graph.reason());
  return of(*graph);
}

Result<Structure> Structure::of(const chem::MolecularGraph& graph) {
  if (graph.atoms.empty()) return Failure("no atoms");
  if (graph.atoms.size() > kMaxAtoms) return Failure("more than " + std::to_string(kMaxAtoms) + " heavy atoms");
  if (graph.bonds.size() >= graph.atoms.size() + kMaxRings) return Failure("more than 64 rings");
  if (graph.bonds.size() > 250) return Failure("more than 250 bonds");
  Structure out;
  const double hydrogen = *mass::nuclide_mass({1, 0});
  out.atoms_.reserve(graph.atoms.size());
  for (const auto& atom : graph.atoms) {
    const mass::Nuclide nuclide{atom.element, atom.isotope};
    const auto mass = mass::nuclide_mass(nuclide);
    if (!mass) return Failure("an atom without a known mass");
    if (atom.hydrogens > kMaxHydrogens) return Failure("an atom with more than 7 hydrogens");
    out.atoms_.push_back({nuclide, element_of(atom.element), static_cast<std::uint8_t>(atom.hydrogens),
                          static_cast<std::int8_t>(atom.charge), atom.aromatic, *mass + atom.hydrogens * hydrogen});
  }
  out.adjacent_.resize(graph.atoms.size());
  out.bonds_.reserve(graph.bonds.size());
  for (const auto& bond : graph.bonds) {
    const auto begin = static_cast<std::uint8_t>(bond.begin), end = static_cast<std::uint8_t>(bond.end);
    out.bonds_.push_back({begin, end, false, {}, {}});
    out.adjacent_[begin] = out.adjacent_[begin] | AtomSet::of(end);
    out.adjacent_[end] = out.adjacent_[end] | AtomSet::of(begin);
  }
  const SpanningTree tree = spanning_tree(out.bonds_, out.atoms_.size());
  if (!tree.spans_all) return Failure("several parts");
  out.index_atoms();
  out.describe_bonds(graph, tree.cycles);
  out.find_cuts(tree);
  return out;
}

void Structure::describe_bonds(const chem::MolecularGraph& graph, const std::vector<std::uint64_t>& cycles) {
  cut_costs_.assign(bonds_.size(), 0);
  const std::vector<AtomView> views = views_of(graph, atoms_);
  for (std::size_t i = 0; i < bonds_.size(); ++i) {
    Bond& bond = bonds_[i];
    bond.in_ring = cycles[i] != 0;
    const BondKind kind = kind_of(graph.bonds[i], bond.in_ring);
    const AtomView &a = views[bond.begin], &b = views[bond.end];
    cut_costs_[i] = cut_cost(a, b, kind);
    bond.kind_code = {static_cast<std::uint16_t>((a.kind() * 24 + b.kind()) * 5 + kind),
                      static_cast<std::uint16_t>((b.kind() * 24 + a.kind()) * 5 + kind)};
    bond.neighbour_code = {static_cast<std::uint16_t>(a.surroundings() * 64 + b.surroundings()),
                           static_cast<std::uint16_t>(b.surroundings() * 64 + a.surroundings())};
  }
}

void Structure::index_atoms() {
  for (int i = 0; i < size(); ++i) {
    const Atom& atom = atoms_[static_cast<std::size_t>(i)];
    const AtomSet one = AtomSet::of(i);
    by_element_[atom.element] = by_element_[atom.element] | one;
    for (int bit = 0; bit < 3; ++bit) {
      if ((atom.hydrogens >> bit) & 1) by_hydrogen_bit_[static_cast<std::size_t>(bit)] = hydrogen_bit(bit) | one;
    }
    if (atom.aromatic) aromatic_ = aromatic_ | one;
    if (atom.charge > 0) positive_ = positive_ | one;
    if (atom.charge < 0) negative_ = negative_ | one;
  }
}

bool Structure::is_connected(AtomSet atoms) const {
  if (atoms.empty()) return false;
  AtomSet reached = AtomSet::of(atoms.lowest()), fresh = reached;
  while (!fresh.empty()) {
    AtomSet next;
    for_each_atom(fresh, [&](int atom) { next = next | adjacent_[static_cast<std::size_t>(atom)]; });
    fresh = (next & atoms) - reached;
    reached = reached | fresh;
  }
  return reached == atoms;
}

/// Two bonds of rings part the molecule exactly when the same fundamental cycles run through them. What falls off is then what hangs from one of
/// them in the tree and not from the other.
void Structure::find_cuts(const SpanningTree& tree) {
  const auto off = [&](std::size_t bond) {
    return tree.child[bond] < 0 ? AtomSet{} : tree.below[static_cast<std::size_t>(tree.child[bond])];
  };
  for (std::size_t i = 0; i < bonds_.size(); ++i) {
    const AtomSet first = off(i);
    if (tree.cycles[i] == 0) {
      cuts_.push_back({all() - first, 0, cut_costs_[i]});
      continue;
    }
    for (std::size_t j = i + 1; j < bonds_.size(); ++j) {
      if (tree.cycles[i] != tree.cycles[j]) continue;
      const AtomSet second = off(j);
      cuts_.push_back({all() - ((first - second) | (second - first)), tree.cycles[i], cut_costs_[i] + cut_costs_[j]});
    }
  }
  std::stable_sort(cuts_.begin(), cuts_.end(), [](const Cut& a, const Cut& b) { return a.cost < b.cost; });
}

}  // namespace molbridge::fragment
