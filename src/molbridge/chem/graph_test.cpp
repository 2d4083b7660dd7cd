#include "molbridge/chem/graph.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "molbridge/core/line_source.hpp"

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
    EXPECT_EQ(a.atoms[i].isotope, b.atoms[i].isotope) << i;
    EXPECT_EQ(a.atoms[i].in_ring, b.atoms[i].in_ring) << i;
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

TEST(StandardizedGraph, ManyShapes_AreThoseOfTheMolecule) {
  for (const char* smiles : {"C",
                             "CC(=O)Oc1ccccc1C(=O)O",
                             "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
                             "c1ccc2[nH]ccc2c1",
                             "C[n+]1ccccc1",
                             "[O-][N+](=O)c1ccoc1",
                             "C1C2CC3CC1CC(C2)C3",
                             "c1ccc(cc1)-c1ccccc1",
                             "O=c1cccc[nH]1",
                             "c1ccc2cc3ccccc3cc2c1",
                             "CS(=O)(=O)N=[N+]=[N-]",
                             "[2H]C([2H])([2H])O",
                             "[13CH3]C[15NH2]",
                             "C[Hg]C",
                             "[CH2]C",
                             "CC(C)(C)N([O])C(C)(C)C",
                             "OB(O)c1ccsc1",
                             "C[Si](C)(C)C",
                             "CP(=O)(O)O",
                             "CI(=O)=O",
                             "c1ccc2c(c1)[se]cc2",
                             "[Fe+2]",
                             "C[S+](C)C",
                             "[C-]#[N+]C",
                             "C1=CC=CC=CC=C1",
                             "c1cc[cH-]c1"}) {
    const auto molecule = standardize(smiles);
    ASSERT_TRUE(molecule) << smiles;
    const auto graph = standardized_graph(molecule->smiles());
    ASSERT_TRUE(graph) << smiles;
    SCOPED_TRACE(smiles);
    expect_equal(*graph, molecular_graph(*molecule));
  }
}

TEST(StandardizedGraph, WhatIsNoMolecule_IsRefusedWithItsReason) {
  for (const char* smiles : {"", "C1CC", "CC(", "*C", "CN(C)(C)(C)C", "C C"}) {
    const auto graph = standardized_graph(smiles);
    ASSERT_FALSE(graph) << smiles;
    EXPECT_FALSE(graph.reason().empty());
  }
}

TEST(StandardizedGraph, RealMolecules_AreThoseOfTheMolecule) {
  const std::string path = MOLBRIDGE_SOURCE_DIR "/../shared/data/molecules/molecules_0.tsv.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data: " << path;
  auto source = LineSource::open(path);
  std::string line;
  source->next_line(line);
  int compared = 0;
  while (compared < 800 && source->next_line(line)) {
    if (source->line_number() % 200 != 0) continue;
    const auto molecule = standardize(line.substr(0, line.find('\t')));
    if (!molecule) continue;
    SCOPED_TRACE(molecule->smiles());
    const auto graph = standardized_graph(molecule->smiles());
    ASSERT_TRUE(graph);
    expect_equal(*graph, molecular_graph(*molecule));
    ++compared;
  }
  EXPECT_GT(compared, 500);
}

}  // namespace
}  // namespace molbridge::chem
