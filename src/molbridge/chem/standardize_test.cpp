#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::chem {
namespace {

using testing::HasSubstr;

std::string standard(std::string_view smiles, bool keep_stereo = false) {
  const auto molecule = standardize(smiles, {.keep_stereo = keep_stereo});
  return molecule ? molecule->smiles() : "failed: " + molecule.reason();
}

std::string repeat(std::string_view part, int count) {
  std::string text;
  while (count-- > 0) text += part;
  return text;
}

TEST(Standardize, OneMolecule_HasOneSpelling) {
  EXPECT_EQ(standard("OCC"), "CCO");
  EXPECT_EQ(standard("C(O)C"), "CCO");
  EXPECT_EQ(standard("[CH3][CH2][OH]"), "CCO");
  EXPECT_EQ(standard("[H]OC([H])([H])C([H])([H])[H]"), "CCO");
  EXPECT_EQ(standard("C1=CC=CC=C1"), standard("c1ccccc1"));
  EXPECT_EQ(standard(" CCO\t"), "CCO");
  EXPECT_EQ(standard("[CH3:7][OH:1]"), "CO");
}

TEST(Standardize, Stereo_LeavesNoResidue) {
  EXPECT_EQ(standard("C[C@H](N)C(=O)O"), standard("CC(N)C(=O)O"));
  EXPECT_EQ(standard("C[C@@H](N)C(=O)O"), standard("CC(N)C(=O)O"));
  EXPECT_EQ(standard("F/C=C/F"), "FC=CF");
  EXPECT_EQ(standard("F/C=C\\F"), "FC=CF");
  EXPECT_EQ(standard("[H]/C(C)=C(/[H])C"), "CC=CC");
  EXPECT_EQ(standard("O[C@H]1C[C@@H](O)C1"), "OC1CC(O)C1");
}

TEST(Standardize, KeepStereo_KeepsIt) {
  EXPECT_EQ(standard("C[C@H](N)C(=O)O", true), "C[C@H](N)C(=O)O");
  EXPECT_NE(standard("C[C@H](N)C(=O)O", true), standard("C[C@@H](N)C(=O)O", true));
  EXPECT_EQ(standard("F/C=C/F", true), "F/C=C/F");
  EXPECT_EQ(standard("C[C@H](C)O", true), "CC(C)O");  // not a stereocentre
  EXPECT_EQ(standard("C[C@H]([NH3+])C(=O)[O-]", true), "C[C@H](N)C(=O)O");
}

TEST(Standardize, Mixture_KeepsTheLargestFragment) {
  EXPECT_EQ(standard("Cl.CCN"), "CCN");
  EXPECT_EQ(standard("[Na+].CC(=O)[O-]"), "CC(=O)O");
  EXPECT_EQ(standard("CCO.CCN"), "CCO");                            // as many heavy atoms: the heavier
  EXPECT_EQ(standard("CCC=O.CC(C)=O"), standard("CC(C)=O.CCC=O"));  // as heavy: by SMILES
  EXPECT_EQ(standard("[Cl-].[Na+]"), "Cl");
  EXPECT_EQ(standard("C1.C1"), "CC");  // a ring closure across the dot joins
}

TEST(Standardize, Charges_AreNeutralisedByProtons) {
  EXPECT_EQ(standard("CC(=O)[O-]"), "CC(=O)O");
  EXPECT_EQ(standard("C[NH3+]"), "CN");
  EXPECT_EQ(standard("[NH3+]CC(=O)[O-]"), "NCC(=O)O");
  EXPECT_EQ(standard("c1cc[nH+]cc1"), "c1ccncc1");
  EXPECT_EQ(standard("c1nn[n-]n1"), "c1nn[nH]n1");
  EXPECT_EQ(standard("CC(=[NH2+])N"), standard("CC(=N)N"));
  EXPECT_EQ(standard("[O-]c1ccccc1"), "Oc1ccccc1");
  EXPECT_EQ(standard("[O-]S(=O)(=O)[O-]"), "O=S(=O)(O)O");
  EXPECT_EQ(standard("[NH4+]"), "N");
  EXPECT_EQ(standard("[OH-]"), "O");
  EXPECT_EQ(standard("[S-2]"), "S");
  EXPECT_EQ(standard("[C-]#N"), "C#N");
  EXPECT_EQ(standard("[N-]=[N+]=[N-]"), "[N-]=[N+]=N");
  EXPECT_EQ(standard("C[NH+](C)[O-]"), "CN(C)O");
}

TEST(Standardize, PermanentCharges_Stay) {
  EXPECT_EQ(standard("C[N+](C)(C)CCO"), "C[N+](C)(C)CCO");
  EXPECT_EQ(standard("C[n+]1ccccc1"), "C[n+]1ccccc1");
  EXPECT_EQ(standard("C[N+](=O)[O-]"), "C[N+](=O)[O-]");
  EXPECT_EQ(standard("CN(=O)=O"), "C[N+](=O)[O-]");
  EXPECT_EQ(standard("[O-][n+]1ccccc1"), "[O-][n+]1ccccc1");
  EXPECT_EQ(standard("CN=[N+]=[N-]"), "CN=[N+]=[N-]");
  EXPECT_EQ(standard("C[N+]#[C-]"), "[C-]#[N+]C");
  EXPECT_EQ(standard("F[B-](F)(F)F"), "F[B-](F)(F)F");
  EXPECT_EQ(standard("F[P-](F)(F)(F)(F)F"), "F[P-](F)(F)(F)(F)F");
  EXPECT_EQ(standard("[Na+]"), "[Na+]");
  EXPECT_EQ(standard("[NH3+]C[B-](F)(F)F"), "[NH3+]C[B-](F)(F)F");
  EXPECT_EQ(standard("[NH3+][BH3-]"), "[BH3-][NH3+]");
  EXPECT_EQ(standard("[CH3+]"), "[CH3+]");
  EXPECT_EQ(standard("I[I-]I"), "I[I-]I");
}

TEST(Standardize, Betaines_AreZwitterionsInEverySpelling) {
  EXPECT_EQ(standard("C[N+](C)(C)CC(=O)[O-]"), "C[N+](C)(C)CC(=O)[O-]");
  EXPECT_EQ(standard("C[N+](C)(C)CC(=O)O"), "C[N+](C)(C)CC(=O)[O-]");
  const std::string two_acids = standard("C[N+](C)(C)C(CC(=O)O)CS(=O)(=O)O");
  EXPECT_EQ(two_acids, standard("C[N+](C)(C)C(CC(=O)[O-])CS(=O)(=O)O"));
  EXPECT_EQ(two_acids, standard("C[N+](C)(C)C(CC(=O)[O-])CS(=O)(=O)[O-]"));
  EXPECT_EQ(two_acids, standard("C[N+](C)(C)C(CC(=O)O)CS(=O)(=O)[O-]"));
  EXPECT_THAT(two_acids, HasSubstr("S(=O)(=O)[O-]"));  // the stronger acid gives the proton
}

TEST(Standardize, ChargeSeparatedSulfurAndPhosphorus_AreWrittenNeutral) {
  EXPECT_EQ(standard("C[S+](C)[O-]"), "CS(C)=O");
  EXPECT_EQ(standard("C[S+2](C)([O-])[O-]"), "CS(C)(=O)=O");
  EXPECT_EQ(standard("C[P+](C)(C)[O-]"), "CP(C)(C)=O");
  EXPECT_EQ(standard("C[S+](C)C"), "C[S+](C)C");
}

TEST(Standardize, Isotopes_AreKept) {
  EXPECT_EQ(standard("[13CH3]O"), "[13CH3]O");
  EXPECT_EQ(standard("[2H]C([2H])([2H])O"), "[2H]C([2H])([2H])O");
  EXPECT_EQ(standard("[2H]OC([H])[H]"), "[2H]OC");
  EXPECT_NE(standard("[13CH3]O"), standard("CO"));
}

TEST(Standardize, Result_IsAFixpoint) {
  for (const char* smiles : {"C[N+](C)(C)C(CC(=O)O)CS(=O)(=O)O",
                             "[O-][Cl+3]([O-])([O-])[O-]",
                             "O=C1CO[C-]=N1",
                             "[O-][N+](=O)[O-]",
                             "C[Se+](C)[O-]",
                             "[NH3+]CCCC[C@H]([NH3+])C(=O)[O-].[Cl-]",
                             "c1ccc2[cH-]ccc2c1.[Li+]",
                             "[Fe+2]",
                             "O=[Ti]=O",
                             "[CH2]C",
                             "C[N](C)(=O)O",
                             "Cn1c[nH+]c(S(=O)(=O)[N-]c2nnc(C3CC3)s2)c1Cl",
                             "[O-]c1on[n+](C)c1",
                             "[O]",
                             "[2H][2H].C",
                             "N[SH+]([O-])c1ccccc1",
                             "[PH4+]",
                             "C[O+](C)C",
                             "[O-][O-]",
                             "C=[N+]=[N-]",
                             "CC(=O)C=[N+]=[N-]"}) {
    const auto once = standardize(smiles);
    ASSERT_TRUE(once) << smiles << ": " << once.reason();
    const auto twice = standardize(once->smiles());
    ASSERT_TRUE(twice) << smiles << ": " << twice.reason();
    EXPECT_EQ(once->smiles(), twice->smiles()) << smiles;
    const auto of_molecule = standardize(*once);
    ASSERT_TRUE(of_molecule) << smiles;
    EXPECT_EQ(of_molecule->smiles(), once->smiles()) << smiles;
  }
}

TEST(Standardize, OfAMolecule_EqualsOfItsSmiles) {
  for (const char* smiles : {"C[C@H]([NH3+])C(=O)[O-]", "Cl.F/C=C/F", "[2H]OC", "C[S+](C)[O-]"}) {
    const auto given = Molecule::from_smiles(smiles);
    ASSERT_TRUE(given) << smiles;
    EXPECT_EQ(standardize(*given)->smiles(), standard(smiles));
    EXPECT_EQ(standardize(*given, {.keep_stereo = true})->smiles(), standard(smiles, true));
  }
}

TEST(Standardize, WhatIsNoMolecule_IsRefusedWithTheReason) {
  EXPECT_THAT(standard(""), HasSubstr("empty"));
  EXPECT_THAT(standard("  "), HasSubstr("empty"));
  EXPECT_THAT(standard("C1CC"), HasSubstr("ring 1"));
  EXPECT_THAT(standard("C(C"), HasSubstr("'(' without ')' at position 2"));
  EXPECT_THAT(standard("CC)C"), HasSubstr("')' without '(' at position 3"));
  EXPECT_THAT(standard("C[N"), HasSubstr("'[' without ']'"));
  EXPECT_THAT(standard("ethanol"), HasSubstr("does not parse"));
  EXPECT_THAT(standard("CCO ethanol"), HasSubstr("space"));
  EXPECT_THAT(standard("C(C)(C)(C)(C)C"), HasSubstr("valence"));
  EXPECT_THAT(standard("c1cccc1"), HasSubstr("kekulize"));
  EXPECT_THAT(standard("*CC"), HasSubstr("wildcard"));
  EXPECT_THAT(standard("CC~C"), HasSubstr("order"));
  EXPECT_THAT(standard("[H][H]"), HasSubstr("hydrogen"));
  EXPECT_THAT(standard("[999C]"), HasSubstr("isotope"));
  EXPECT_THAT(standard("CC>>CO"), HasSubstr("reaction"));
  EXPECT_THAT(standard(std::string("C\0C", 3)), HasSubstr("position 2"));
  EXPECT_THAT(standard("\x89PNG\r\n"), HasSubstr("not a SMILES"));
  EXPECT_THAT(standard("CCO |((((|"), HasSubstr("failed"));
}

TEST(Standardize, HostileSize_IsRefusedNotSuffered) {
  EXPECT_THAT(standard(repeat("(", 100'000)), HasSubstr("100,000 characters"));
  EXPECT_THAT(standard(repeat("(", 19'000)), HasSubstr("failed"));
  EXPECT_THAT(standard(repeat("C(", 9'000)), HasSubstr("failed"));
  EXPECT_THAT(standard(repeat("C(", 6'000) + "C" + repeat(")", 6'000)), HasSubstr("6,001 heavy atoms"));
  EXPECT_THAT(standard(repeat("C", 2'001)), HasSubstr("2,001 heavy atoms"));
  EXPECT_THAT(standard("C" + repeat("([H])", 3'000)), HasSubstr("bonds"));
  EXPECT_EQ(standard(repeat("C(", 1'500) + "C" + repeat(")", 1'500)), repeat("C", 1'501));
}

TEST(Standardize, EveryPrefixOfASmiles_EndsInAnAnswer) {
  const std::string smiles = "[13CH3][C@@H](/C=C/c1cc%10[nH]cc%10c1)[N+](C)(C)C.[O-]S(=O)(=O)O |$;;$|";
  for (std::size_t size = 0; size <= smiles.size(); ++size) {
    const auto molecule = standardize(smiles.substr(0, size));
    EXPECT_TRUE(molecule ? !molecule->smiles().empty() : !molecule.reason().empty()) << size;
  }
}

TEST(Standardize, Library_PrintsNothing) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  standard("C1CC");
  standard("C(C)(C)(C)(C)C");
  standard("c1cccc1");
  standard("[H-].[H+].C[H]");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Standardize, FromManyThreads_GivesTheSame) {
  const std::vector<std::string> inputs = {"C[C@H](N)C(=O)O", "c1ccc2[nH]ccc2c1", "[NH3+]CC(=O)[O-]", "C1CC", "CCO.Cl"};
  std::vector<std::string> expected;
  for (const auto& input : inputs) expected.push_back(standard(input));
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        for (std::size_t i = 0; i < inputs.size(); ++i) wrong[t] += standard(inputs[i]) != expected[i];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

}  // namespace
}  // namespace molbridge::chem
