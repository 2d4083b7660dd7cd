#include "molbridge/chem/graph.hpp"

#include <gtest/gtest.h>

namespace molbridge::chem {
namespace {

MolecularGraph graph_of(const std::string& smiles) { return molecular_graph(standardize(smiles).value()); }

void expect_equal(const MolecularGraph& a, const MolecularGraph& b) {
  ASSERT_EQ(a.atoms.size(), b.atoms.size());
  ASSERT_EQ(a.bonds.size(), b.bonds.size());
  for (std::size_t i = 0; i < a.atoms.size(); ++i) {
    EXPECT_EQ(a.atoms[i].element, b.atoms[i].element) << i;
    EXPECT_EQ(a.atoms[i].degree, b.atoms[i].degree) << i;
    EXPECT_EQ(a.atoms[i].hydrogens, b.atoms[i].hydrogens) << i;
    EXPECT_EQ(a.atoms[i].charge, b.atoms[i].charge) << i;
    EXPECT_EQ(a.atoms[i].hybridization, b.atoms[i].hybridization) << i;
    EXPECT_EQ(a.atoms[i].aromatic, b.atoms[i].aromatic) << i;
  }
  for (std::size_t i = 0; i < a.bonds.size(); ++i) {
    EXPECT_EQ(a.bonds[i].begin, b.bonds[i].begin) << i;
    EXPECT_EQ(a.bonds[i].end, b.bonds[i].end) << i;
    EXPECT_EQ(a.bonds[i].order, b.bonds[i].order) << i;
  }
}

TEST(MolecularGraph, Propyne_HasWhatItsAtomsAre) {
  const MolecularGraph graph = graph_of("CC#C");
  ASSERT_EQ(graph.atoms.size(), 3U);
  int methyls = 0, terminals = 0, hydrogens = 0;
  for (const GraphAtom& atom : graph.atoms) {
    EXPECT_EQ(atom.element, 6);
    EXPECT_FALSE(atom.aromatic || atom.in_ring);
    hydrogens += atom.hydrogens;
    methyls += atom.hybridization == Hybridization::kSp3 && atom.hydrogens == 3 && atom.degree == 1 ? 1 : 0;
    terminals += atom.hybridization == Hybridization::kSp && atom.hydrogens == 1 && atom.degree == 1 ? 1 : 0;
  }
  EXPECT_EQ(hydrogens, 4);
  EXPECT_EQ(methyls, 1);
  EXPECT_EQ(terminals, 1);
  ASSERT_EQ(graph.bonds.size(), 2U);
  EXPECT_EQ(graph.bonds[0].order + graph.bonds[1].order, 4);
}

TEST(MolecularGraph, Pyridinium_KeepsChargeAndAromaticity) {
  const MolecularGraph graph = graph_of("C[n+]1ccccc1");
  int charged = 0, aromatic = 0;
  for (const GraphAtom& atom : graph.atoms) {
    charged += atom.charge == 1 && atom.element == 7 && atom.degree == 3 && atom.hydrogens == 0 ? 1 : 0;
    aromatic += atom.aromatic && atom.in_ring && atom.hybridization == Hybridization::kSp2 ? 1 : 0;
  }
  EXPECT_EQ(charged, 1);
  EXPECT_EQ(aromatic, 6);
}

TEST(MolecularGraph, OtherSpelling_GivesTheSameGraphInTheSameOrder) {
  expect_equal(graph_of("OC(=O)c1ccccc1OC(C)=O"), graph_of("CC(=O)Oc1c(C(O)=O)cccc1"));
  expect_equal(graph_of("CN1C=NC2=C1C(=O)N(C)C(=O)N2C"), graph_of("O=c1n(C)c(=O)c2n(C)cnc2n1C"));
}

TEST(MolecularGraph, OneAtom_HasNoBonds) {
  const MolecularGraph graph = graph_of("C");
  ASSERT_EQ(graph.atoms.size(), 1U);
  EXPECT_EQ(graph.atoms[0].hydrogens, 4);
  EXPECT_TRUE(graph.bonds.empty());
}

}  // namespace
}  // namespace molbridge::chem
