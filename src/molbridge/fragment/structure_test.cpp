#include "molbridge/fragment/structure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "molbridge/chem/graph.hpp"
#include "molbridge/fragment/test_structures.hpp"

namespace molbridge::fragment {
namespace {

using testing::HasSubstr;

/// Which part each atom is in when some bonds are gone: the lowest atom of the part.
std::vector<int> parts_without(const chem::MolecularGraph& graph, const std::set<std::size_t>& gone) {
  std::vector<int> part(graph.atoms.size());
  std::iota(part.begin(), part.end(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < graph.bonds.size(); ++i) {
      if (gone.count(i) != 0) continue;
      int &a = part[static_cast<std::size_t>(graph.bonds[i].begin)],
          &b = part[static_cast<std::size_t>(graph.bonds[i].end)];
      if (a == b) continue;
      a = b = std::min(a, b);
      changed = true;
    }
  }
  return part;
}

/// The part of atom 0 where the bonds leave two or more.
std::optional<AtomSet> side_without(const chem::MolecularGraph& graph, const std::set<std::size_t>& gone) {
  const std::vector<int> part = parts_without(graph, gone);
  AtomSet side;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == 0) side = side | AtomSet::of(static_cast<int>(i));
  }
  if (side.count() == static_cast<int>(part.size())) return std::nullopt;
  return side;
}

struct BruteCut {
  AtomSet side;
  bool ring = false;
  bool operator==(const BruteCut&) const = default;
  auto operator<=>(const BruteCut&) const = default;
};

std::vector<BruteCut> brute_cuts(const chem::MolecularGraph& graph) {
  std::vector<BruteCut> cuts;
  std::vector<bool> bridge(graph.bonds.size());
  for (std::size_t i = 0; i < graph.bonds.size(); ++i) {
    const auto side = side_without(graph, {i});
    bridge[i] = side.has_value();
    if (side) cuts.push_back({*side, false});
  }
  for (std::size_t i = 0; i < graph.bonds.size(); ++i) {
    for (std::size_t j = i + 1; j < graph.bonds.size(); ++j) {
      if (bridge[i] || bridge[j]) continue;
      if (const auto side = side_without(graph, {i, j})) cuts.push_back({*side, true});
    }
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

std::vector<std::size_t> border_of(const chem::MolecularGraph& graph, AtomSet side) {
  std::vector<std::size_t> border;
  for (std::size_t i = 0; i < graph.bonds.size(); ++i) {
    if (side.has(graph.bonds[i].begin) != side.has(graph.bonds[i].end)) border.push_back(i);
  }
  return border;
}

class StructureShapes : public testing::TestWithParam<std::string> {
 protected:
  const chem::Molecule molecule_ = molecule_of(GetParam());
  const chem::MolecularGraph graph_ = chem::molecular_graph(molecule_);
  const Structure structure_ = Structure::of(molecule_).value();
};
INSTANTIATE_TEST_SUITE_P(All, StructureShapes, testing::ValuesIn(shapes()),
                         [](const auto& param) { return "shape" + std::to_string(param.index); });

TEST_P(StructureShapes, Cuts_AreThoseThatBruteForceFinds) {
  std::vector<BruteCut> ours;
  for (const Cut& cut : structure_.cuts()) ours.push_back({cut.side, cut.ring != 0});
  std::sort(ours.begin(), ours.end());
  EXPECT_EQ(ours, brute_cuts(graph_)) << molecule_.smiles();
}

TEST_P(StructureShapes, CutsOfOneRing_PartTheMoleculePairwise) {
  for (const Cut& a : structure_.cuts()) {
    for (const Cut& b : structure_.cuts()) {
      if (a.ring == 0 || b.ring == 0) continue;
      const std::size_t first = border_of(graph_, a.side).front(), second = border_of(graph_, b.side).front();
      const bool same_ring = first == second || side_without(graph_, {first, second}).has_value();
      EXPECT_EQ(a.ring == b.ring, same_ring) << molecule_.smiles();
    }
  }
}

TEST_P(StructureShapes, Cuts_HoldAtomZeroAndComeCheapestFirst) {
  int last = 0;
  for (const Cut& cut : structure_.cuts()) {
    EXPECT_TRUE(cut.side.has(0));
    EXPECT_GE(cut.cost, last);
    EXPECT_EQ(border_of(graph_, cut.side).size(), cut.ring == 0 ? 1U : 2U);
    EXPECT_TRUE(structure_.is_connected(cut.side));
    EXPECT_TRUE(structure_.is_connected(structure_.all() - cut.side));
    last = cut.cost;
  }
}

TEST_P(StructureShapes, AtomsAndBonds_AreThoseOfTheMolecule) {
  ASSERT_EQ(structure_.atoms().size(), graph_.atoms.size());
  ASSERT_EQ(structure_.bonds().size(), graph_.bonds.size());
  mass::Formula formula;
  double mass = 0;
  int charge = 0;
  for (int i = 0; i < structure_.size(); ++i) {
    const Atom& atom = structure_.atoms()[static_cast<std::size_t>(i)];
    formula.add(atom.nuclide, 1);
    formula.add({1, 0}, atom.hydrogens);
    charge += atom.charge;
    mass += atom.mass;
    int bits = 0;
    for (int bit = 0; bit < 3; ++bit) bits += structure_.hydrogen_bit(bit).has(i) ? 1 << bit : 0;
    EXPECT_EQ(bits, atom.hydrogens);
    EXPECT_EQ(structure_.aromatic().has(i), atom.aromatic);
    EXPECT_EQ(structure_.positive().has(i), atom.charge > 0);
    EXPECT_EQ(structure_.negative().has(i), atom.charge < 0);
    for (int e = 0; e < kElements; ++e)
      EXPECT_EQ(structure_.of_element(static_cast<Element>(e)).has(i), atom.element == e);
  }
  formula.set_charge(charge);
  EXPECT_EQ(formula.hill(), molecule_.formula().hill());
  EXPECT_NEAR(mass, molecule_.formula().atom_mass(), 1e-9);
}

TEST_P(StructureShapes, BondInRing_IsOneWhoseCutPartsNothing) {
  for (std::size_t i = 0; i < structure_.bonds().size(); ++i) {
    const Bond& bond = structure_.bonds()[i];
    EXPECT_EQ(bond.in_ring, !side_without(graph_, {i}).has_value());
    for (const std::uint16_t code : bond.kind_code) EXPECT_LT(code, kKindCodes);
    for (const std::uint16_t code : bond.neighbour_code) EXPECT_LT(code, kNeighbourCodes);
  }
}

std::string chain(int atoms) { return std::string(static_cast<std::size_t>(atoms), 'C'); }

TEST(Structure, ManyAtoms_AreTakenUpToTheLimit) {
  EXPECT_EQ(structure_of(chain(128)).size(), 128);
  EXPECT_EQ(structure_of(chain(128)).cuts().size(), 127U);
  const auto refused = Structure::of(molecule_of(chain(129)));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.reason(), HasSubstr("128 heavy atoms"));
}

TEST(Structure, SeveralParts_AreRefused) {
  const auto refused = Structure::of(chem::Molecule::from_smiles("CCO.CC").value());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.reason(), HasSubstr("several parts"));
}

TEST(Structure, MoreHydrogensThanThreeBitsCount_AreRefused) {
  const auto refused = Structure::of(chem::Molecule::from_smiles("[ReH9]").value());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.reason(), HasSubstr("hydrogens"));
  EXPECT_TRUE(Structure::of(chem::Molecule::from_smiles("[ReH7]").value()));
}

TEST(Structure, ManyRings_AreTakenUpToTheLimit) {
  const auto rings = [](int count) {  // cyclopropanes in a row, linked by single bonds
    std::string smiles;
    for (int i = 0; i < count; ++i) smiles += "C1C(C1)";
    return smiles;
  };
  EXPECT_TRUE(Structure::of(molecule_of(rings(42))));
  // K4s in a row, three rings each: 31 of them stay below 128 atoms and go above 64 rings.
  std::string cages;
  for (int i = 0; i < 31; ++i) cages += "P12P3P1P23";
  EXPECT_FALSE(Structure::of(molecule_of(cages)));
}

TEST(Structure, Fullerene_HasNoCuts) {
  const auto c60 = chem::standardize(
      "c12c3c4c5c1c1c6c7c2c2c8c3c3c9c4c4c%10c5c5c1c1c6c6c%11c7c2c2c7c8c3c3c8c9c4c4c9c%10c5c5c1c1c6c6c%"
      "11c2c2c7c3c3c8c4c4c9"
      "c5c1c1c6c2c3c41");
  ASSERT_TRUE(c60) << c60.reason();
  const Structure structure = Structure::of(*c60).value();
  EXPECT_EQ(structure.size(), 60);
  EXPECT_TRUE(structure.cuts().empty());
}

TEST(Structure, OtherSpelling_GivesTheSameBondsAndCuts) {
  const Structure a = structure_of("CC(=O)Oc1ccccc1C(=O)O"), b = structure_of("OC(=O)c1c(OC(C)=O)cccc1");
  ASSERT_EQ(a.bonds().size(), b.bonds().size());
  for (std::size_t i = 0; i < a.bonds().size(); ++i) {
    EXPECT_EQ(a.bonds()[i].begin, b.bonds()[i].begin);
    EXPECT_EQ(a.bonds()[i].end, b.bonds()[i].end);
    EXPECT_EQ(a.bonds()[i].kind_code, b.bonds()[i].kind_code);
    EXPECT_EQ(a.bonds()[i].neighbour_code, b.bonds()[i].neighbour_code);
  }
  ASSERT_EQ(a.cuts().size(), b.cuts().size());
  for (std::size_t i = 0; i < a.cuts().size(); ++i) {
    EXPECT_EQ(a.cuts()[i].side, b.cuts()[i].side);
    EXPECT_EQ(a.cuts()[i].cost, b.cuts()[i].cost);
  }
}

TEST_P(StructureShapes, TextOfTheMolecule_GivesTheSameStructure) {
  const Structure again = Structure::of_standardized(molecule_.smiles()).value();
  ASSERT_EQ(again.cuts().size(), structure_.cuts().size());
  for (std::size_t i = 0; i < again.cuts().size(); ++i) EXPECT_EQ(again.cuts()[i].side, structure_.cuts()[i].side);
  ASSERT_EQ(again.bonds().size(), structure_.bonds().size());
  for (std::size_t i = 0; i < again.bonds().size(); ++i)
    EXPECT_EQ(again.bonds()[i].kind_code, structure_.bonds()[i].kind_code);
  ASSERT_EQ(again.atoms().size(), structure_.atoms().size());
  for (std::size_t i = 0; i < again.atoms().size(); ++i) EXPECT_EQ(again.atoms()[i].mass, structure_.atoms()[i].mass);
}

TEST(Structure, TextThatIsNoMolecule_IsAFailure) { EXPECT_FALSE(Structure::of_standardized("C1CC")); }

TEST(Structure, ACutBond_IsSeenFromItsTwoEnds) {
  const Structure ester = structure_of("CC(=O)OC");
  for (const Bond& bond : ester.bonds()) {
    const Atom &a = ester.atoms()[bond.begin], &b = ester.atoms()[bond.end];
    // Carbon and oxygen are told apart by the order of the code; two saturated carbons are not.
    EXPECT_EQ(bond.kind_code[0] == bond.kind_code[1],
              a.element == b.element && a.aromatic == b.aromatic && bond.neighbour_code[0] == bond.neighbour_code[1]);
  }
  const Structure ethane = structure_of("CC");
  EXPECT_EQ(ethane.bonds()[0].kind_code[0], ethane.bonds()[0].kind_code[1]);
}

TEST(AtomSet, BothWords_CountListAndCombine) {
  const AtomSet set = AtomSet::of(3) | AtomSet::of(63) | AtomSet::of(64) | AtomSet::of(127);
  EXPECT_EQ(set.count(), 4);
  EXPECT_EQ(set.lowest(), 3);
  EXPECT_EQ((set - AtomSet::first(64)).lowest(), 64);
  std::vector<int> atoms;
  for_each_atom(set, [&](int atom) { atoms.push_back(atom); });
  EXPECT_THAT(atoms, testing::ElementsAre(3, 63, 64, 127));
  for (const int count : {0, 1, 63, 64, 65, 127, 128}) {
    EXPECT_EQ(AtomSet::first(count).count(), count);
    for (int i = 0; i < kMaxAtoms; ++i) EXPECT_EQ(AtomSet::first(count).has(i), i < count);
  }
}

}  // namespace
}  // namespace molbridge::fragment
