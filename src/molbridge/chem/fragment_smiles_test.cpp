#include "molbridge/chem/fragment_smiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "molbridge/chem/graph.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

Molecule molecule(const char* smiles) { return standardize(smiles).value(); }

/// SMILES of the atoms that `wanted` says yes to.
template <typename Wanted>
std::string part_of(const char* smiles, const Wanted& wanted) {
  const Molecule whole = molecule(smiles);
  const MolecularGraph graph = molecular_graph(whole);
  std::vector<int> atoms;
  for (std::size_t i = 0; i < graph.atoms.size(); ++i) {
    if (wanted(graph.atoms[i])) atoms.push_back(static_cast<int>(i));
  }
  return fragment_smiles(whole, atoms);
}

TEST(FragmentSmiles, AllAtoms_SpellTheMolecule) {
  for (const char* smiles : {"CC(=O)Oc1ccccc1C(=O)O", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "[2H]C([2H])([2H])O",
                             "C[n+]1ccccc1", "c1ccc2[nH]ccc2c1"}) {
    EXPECT_EQ(part_of(smiles, [](const GraphAtom&) { return true; }), molecule(smiles).smiles());
  }
}

TEST(FragmentSmiles, WholeRings_StayAromatic) {
  EXPECT_EQ(part_of("CCc1ccccc1", [](const GraphAtom& atom) { return atom.aromatic; }), "c1ccccc1");
  EXPECT_EQ(part_of("OC(=O)c1ccncc1", [](const GraphAtom& atom) { return atom.aromatic; }), "c1ccncc1");
}

TEST(FragmentSmiles, OpenedRings_AreSpelledWithSingleAndDoubleBonds) {
  const Molecule pyridine = molecule("c1ccncc1");
  const MolecularGraph graph = molecular_graph(pyridine);
  std::vector<int> nitrogen_and_neighbours;
  for (int i = 0; i < 6; ++i) {
    if (graph.atoms[static_cast<std::size_t>(i)].element == 7) nitrogen_and_neighbours.push_back(i);
  }
  ASSERT_EQ(nitrogen_and_neighbours.size(), 1U);
  const int nitrogen = nitrogen_and_neighbours[0];
  for (const GraphBond& bond : graph.bonds) {
    if (bond.begin == nitrogen) nitrogen_and_neighbours.push_back(bond.end);
    if (bond.end == nitrogen) nitrogen_and_neighbours.push_back(bond.begin);
  }
  EXPECT_EQ(fragment_smiles(pyridine, nitrogen_and_neighbours), "CN=C");
}

TEST(FragmentSmiles, RingNitrogenWithoutItsSubstituent_CanBeRead) {
  const std::string ring = part_of("CCn1cccc1", [](const GraphAtom& atom) { return atom.in_ring; });
  const auto read = Molecule::from_smiles(ring);
  ASSERT_TRUE(read) << ring;
  EXPECT_EQ(read->smiles(), "c1cc[nH]c1");
}

TEST(FragmentSmiles, OrderOfTheAtomsGiven_PlaysNoPart) {
  const Molecule whole = molecule("CC(=O)Oc1ccccc1C(=O)O");
  std::vector<int> atoms = {0, 1, 2, 3};
  const std::string forward = fragment_smiles(whole, atoms);
  std::reverse(atoms.begin(), atoms.end());
  EXPECT_EQ(fragment_smiles(whole, atoms), forward);
}

TEST(FragmentSmiles, OtherSpelling_ChoosesTheSameAtoms) {
  const Molecule a = molecule("CC(=O)Oc1ccccc1C(=O)O"), b = molecule("OC(=O)c1c(OC(C)=O)cccc1");
  for (int first = 0; first < 13; ++first) {
    for (int second = first + 1; second < 13; ++second) {
      const std::vector<int> atoms = {first, second};
      EXPECT_EQ(fragment_smiles(a, atoms), fragment_smiles(b, atoms));
    }
  }
}

TEST(FragmentSmiles, ChargesAndIsotopes_AreKept) {
  EXPECT_EQ(part_of("C[N+](C)(C)CCO", [](const GraphAtom& atom) { return atom.charge != 0; }), "[N+]");
  EXPECT_EQ(part_of("[13CH3]CO", [](const GraphAtom& atom) { return atom.isotope != 0; }), "[13CH3]");
}

TEST(FragmentSmiles, NoAtoms_GiveNothingAndStrangersAreRefused) {
  const Molecule ethane = molecule("CC");
  EXPECT_EQ(fragment_smiles(ethane, {}), "");
  EXPECT_THROW((void)fragment_smiles(ethane, std::vector<int>{2}), Error);
  EXPECT_THROW((void)fragment_smiles(ethane, std::vector<int>{-1}), Error);
}

}  // namespace
}  // namespace molbridge::chem
