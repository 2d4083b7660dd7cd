#include "molbridge/chem/murcko_histogram.hpp"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "molbridge/chem/rdkit_state.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

using Indices = std::set<int>;

/// The order in which CPython iterates over a set made of three small integers: a table of eight slots, a taken slot leads to
/// slot * 5 + 1 + (value >> 5). The reference breaks ties by it.
std::vector<int> python_set_order(const std::vector<int>& values) {
  std::array<std::optional<int>, 8> table;
  for (const int value : values) {
    auto perturb = static_cast<std::size_t>(value);
    std::size_t slot = perturb & 7;
    while (table[slot]) {
      perturb >>= 5;
      slot = (slot * 5 + 1 + perturb) & 7;
    }
    table[slot] = value;
  }
  std::vector<int> order;
  for (const auto& value : table) {
    if (value) order.push_back(*value);
  }
  return order;
}

/// Of the first ring of three, the bond that is part of the fewest rings; nullopt when there is no such ring.
std::optional<int> bond_to_open(const RDKit::ROMol& mol) {
  const RDKit::RingInfo& rings = *mol.getRingInfo();
  for (const std::vector<int>& ring : rings.bondRings()) {
    if (ring.size() != 3) continue;
    const std::vector<int> order = python_set_order(ring);
    return *std::ranges::min_element(order, {},
                                     [&](int bond) { return rings.numBondRings(static_cast<unsigned int>(bond)); });
  }
  return std::nullopt;
}

void perceive_rings(RDKit::ROMol& mol) {
  mol.getRingInfo()->reset();
  RDKit::MolOps::symmetrizeSSSR(mol);
}

void open_small_rings(RDKit::RWMol& mol) {
  while (const auto bond = bond_to_open(mol)) {
    const RDKit::Bond* opened = mol.getBondWithIdx(static_cast<unsigned int>(*bond));
    mol.removeBond(opened->getBeginAtomIdx(), opened->getEndAtomIdx());
    perceive_rings(mol);
  }
}

/// Both ends of bonds outside rings, unless an end is terminal.
Indices linker_atoms(const RDKit::ROMol& mol) {
  Indices atoms;
  for (const RDKit::Bond* bond : mol.bonds()) {
    if (mol.getRingInfo()->numBondRings(bond->getIdx()) > 0) continue;
    if (bond->getBeginAtom()->getDegree() < 2 || bond->getEndAtom()->getDegree() < 2) continue;
    atoms.insert(static_cast<int>(bond->getBeginAtomIdx()));
    atoms.insert(static_cast<int>(bond->getEndAtomIdx()));
  }
  return atoms;
}

std::size_t shared(const Indices& x, const Indices& y) {
  return static_cast<std::size_t>(std::ranges::count_if(x, [&](int value) { return y.contains(value); }));
}

/// Each ring together with the rings that share more than one bond with it, as atoms; doubles dropped.
std::vector<Indices> ring_systems(const RDKit::ROMol& mol) {
  std::vector<Indices> rings;
  for (const std::vector<int>& ring : mol.getRingInfo()->bondRings()) rings.emplace_back(ring.begin(), ring.end());
  std::set<Indices> seen;
  std::vector<Indices> systems;
  for (const Indices& ring : rings) {
    Indices bonds = ring;
    for (const Indices& other : rings) {
      if (shared(ring, other) > 1) bonds.insert(other.begin(), other.end());
    }
    if (!seen.insert(bonds).second) continue;
    Indices atoms;
    for (const int bond : bonds) {
      atoms.insert(static_cast<int>(mol.getBondWithIdx(static_cast<unsigned int>(bond))->getBeginAtomIdx()));
      atoms.insert(static_cast<int>(mol.getBondWithIdx(static_cast<unsigned int>(bond))->getEndAtomIdx()));
    }
    systems.push_back(std::move(atoms));
  }
  return systems;
}

int total(const MurckoHistogram& histogram) {
  int sum = 0;
  for (const auto& [key, count] : histogram) sum += count;
  return sum;
}

}  // namespace

MurckoHistogram murcko_histogram(const Molecule& molecule) {
  RDKit::RWMol mol(*molecule.state().mol);
  open_small_rings(mol);
  MurckoHistogram histogram;
  if (mol.getRingInfo()->numRings() == 0) return histogram;
  const auto scaffold = cut_to_murcko_scaffold(mol);
  perceive_rings(*scaffold);
  const Indices linkers = linker_atoms(*scaffold);
  const std::vector<Indices> systems = ring_systems(*scaffold);
  for (std::size_t x = 0; x < systems.size(); ++x) {
    std::size_t fused = 0;
    for (std::size_t y = 0; y < systems.size(); ++y) {
      if (y != x) fused += shared(systems[x], systems[y]) / 2;
    }
    ++histogram[{static_cast<int>(fused), static_cast<int>(shared(systems[x], linkers))}];
  }
  return histogram;
}

std::string to_text(const MurckoHistogram& histogram) {
  std::string text;
  for (const auto& [key, count] : histogram) {
    if (!text.empty()) text += ' ';
    text += std::to_string(key.first) + "_" + std::to_string(key.second) + ":" + std::to_string(count);
  }
  return text;
}

int murcko_distance(const MurckoHistogram& a, const MurckoHistogram& b) {
  int distance = 0;
  for (const auto& [key, count] : a) {
    const auto found = b.find(key);
    distance += std::abs(count - (found == b.end() ? 0 : found->second));
  }
  for (const auto& [key, count] : b) {
    if (!a.contains(key)) distance += count;
  }
  return distance;
}

bool murcko_alike(const MurckoHistogram& a, const MurckoHistogram& b) {
  constexpr int kFewRings = 3;
  constexpr int kNear = 4;
  return std::min(total(a), total(b)) <= kFewRings ? a == b : murcko_distance(a, b) <= kNear;
}

}  // namespace molbridge::chem
