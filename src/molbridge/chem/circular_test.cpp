#include "molbridge/chem/circular.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace molbridge::chem {
namespace {

MolecularGraph graph_of(const std::string& smiles) { return molecular_graph(standardize(smiles).value()); }

TEST(Circular, EthanolHasACodeForEachAtomAndRound) {
  const BitFingerprint found = circular(graph_of("CCO"));
  EXPECT_EQ(found.num_bits, kCircularBits);
  EXPECT_EQ(found.count(), 9);  // three atoms that differ, three rounds
  EXPECT_EQ(circular(graph_of("C")).count(), 3);
}

TEST(Circular, OrderOfTheAtoms_DoesNotMatter) {
  MolecularGraph graph = graph_of("CC(=O)Oc1ccccc1C(=O)O");
  const BitFingerprint expected = circular(graph);
  std::reverse(graph.atoms.begin(), graph.atoms.end());
  const int last = static_cast<int>(graph.atoms.size()) - 1;
  for (auto& bond : graph.bonds) bond = {last - bond.end, last - bond.begin, bond.order};
  std::reverse(graph.bonds.begin(), graph.bonds.end());
  EXPECT_EQ(circular(graph).words, expected.words);
}

TEST(Circular, TellsApartWhatEcfpTellsApart) {
  const auto alike = [](const char* a, const char* b) {
    return tanimoto(circular(graph_of(a)), circular(graph_of(b)));
  };
  EXPECT_EQ(alike("CCCCO", "OCCCC"), 1);
  EXPECT_LT(alike("CCCO", "CC(C)O"), 1);
  EXPECT_LT(alike("C1CCCCC1", "c1ccccc1"), 0.2);  // aromatic or not
  EXPECT_LT(alike("CC=O", "CCO"), 1);             // the order of a bond
  EXPECT_LT(alike("[2H]C([2H])([2H])O", "CO"), 1);
}

TEST(Circular, FollowsMorgansSimilarity) {
  const std::vector<std::string> smiles{"CC(=O)Oc1ccccc1C(=O)O",      "OC(=O)c1ccccc1O",  "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
                                        "Cn1c(=O)c2nc[nH]c2n(C)c1=O", "CCCCCCCCCC(=O)OC", "CC(C)Cc1ccc(cc1)C(C)C(=O)O"};
  for (const auto& a : smiles) {
    for (const auto& b : smiles) {
      const double ours = tanimoto(circular(graph_of(a)), circular(graph_of(b)));
      const double morgans = tanimoto(morgan(standardize(a).value()), morgan(standardize(b).value()));
      EXPECT_NEAR(ours, morgans, 0.1) << a << " " << b;
    }
  }
}

TEST(Circular, GraphOfTheStandardSmiles_GivesTheSame) {
  for (const char* text : {"CC(=O)Oc1ccccc1C(=O)O", "C[N+](C)(C)CCO", "Cn1c(=O)c2c(ncn2C)n(C)c1=O"}) {
    const std::string smiles = standardize(text).value().smiles();
    EXPECT_EQ(circular(standardized_graph(smiles).value()).words, circular(graph_of(smiles)).words) << smiles;
  }
}

}  // namespace
}  // namespace molbridge::chem
