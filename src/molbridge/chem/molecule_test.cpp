#include "molbridge/chem/molecule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "molbridge/chem/fingerprint.hpp"

// RDKit's parsers leak on some inputs that they refuse; the address sanitizer asks here.
extern "C" const char* __lsan_default_suppressions() { return "leak:RDKit"; }

namespace molbridge::chem {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Molecule molecule(std::string_view smiles) {
  auto result = Molecule::from_smiles(smiles);
  EXPECT_TRUE(result) << smiles << ": " << result.reason();
  return result ? *result : *Molecule::from_smiles("C");
}

std::string key(std::string_view smiles) {
  const auto result = inchikey(molecule(smiles));
  return result ? *result : "failed: " + result.reason();
}

// Ethanol with all hydrogens, and its deuterated relative in V3000.
constexpr std::string_view kEthanol =
    "ethanol\n  test\n\n  3  2  0  0  0  0  0  0  0  0999 V2000\n"
    "    0.0000    0.0000    0.0000 C   0  0\n    1.5000    0.0000    0.0000 C   0  0\n"
    "    2.2000    1.2000    0.0000 O   0  0\n  1  2  1  0\n  2  3  1  0\nM  END\n";
constexpr std::string_view kMethanolV3000 =
    "\n  test\n\n  0  0  0     0  0            999 V3000\nM  V30 BEGIN CTAB\nM  V30 COUNTS 2 1 0 0 0\n"
    "M  V30 BEGIN ATOM\nM  V30 1 C 0 0 0 0 MASS=13\nM  V30 2 O 1.4 0 0 0\nM  V30 END ATOM\nM  V30 BEGIN BOND\n"
    "M  V30 1 1 1 2\nM  V30 END BOND\nM  V30 END CTAB\nM  END\n";

TEST(Molecule, FromSmiles_ChangesNothingButTheSpelling) {
  EXPECT_EQ(molecule("OC(C)=O.[Na+]").smiles(), "CC(=O)O.[Na+]");
  EXPECT_EQ(molecule("[O-]C(C)=O").smiles(), "CC(=O)[O-]");
  EXPECT_EQ(molecule("N[C@@H](C)C(O)=O").smiles(), "C[C@H](N)C(=O)O");
  EXPECT_EQ(molecule("F/C=C/F").smiles(), "F/C=C/F");
}

TEST(Molecule, Formula_CountsHydrogensIsotopesAndCharge) {
  EXPECT_EQ(molecule("CCO").formula().hill(), "C2H6O");
  EXPECT_EQ(molecule("CC(=O)[O-]").formula().hill(), "C2H3O2-");
  EXPECT_EQ(molecule("C[N+](C)(C)C").formula().charge(), 1);
  EXPECT_EQ(molecule("[13CH4]").formula().count(mass::Nuclide{6, 13}), 1);
  EXPECT_EQ(molecule("[2H]C([2H])([2H])O").formula().count(mass::Nuclide{1, 2}), 3);
  EXPECT_EQ(molecule("[2H]C([2H])([2H])O").formula().count(mass::Nuclide{1, 0}), 1);
}

TEST(Molecule, MonoisotopicMass_OfKnownCompounds) {
  EXPECT_NEAR(molecule("Cn1c(=O)c2c(ncn2C)n(C)c1=O").monoisotopic_mass(), 194.080376, 1e-5);  // caffeine
  EXPECT_NEAR(molecule("C[N+](C)(C)CCO").monoisotopic_mass(), 104.106990, 1e-5);  // choline, less an electron
  EXPECT_NEAR(molecule("ClC(Cl)(Cl)Cl").monoisotopic_mass(), 151.875411, 1e-5);
}

TEST(Molecule, Counts) {
  EXPECT_EQ(molecule("[2H]OC").num_heavy_atoms(), 2);
  EXPECT_EQ(molecule("C[N+](C)(C)CC(=O)[O-]").formal_charge(), 0);
  EXPECT_EQ(molecule("[Ca+2]").formal_charge(), 2);
}

TEST(Molecule, MurckoScaffold_IsRingsAndLinkers) {
  EXPECT_EQ(molecule("CCCC").murcko_scaffold(), "");
  EXPECT_EQ(molecule("CC(C)Cc1ccc(cc1)C(C)C(O)=O").murcko_scaffold(), "c1ccccc1");             // ibuprofen
  EXPECT_EQ(molecule("O=C(Nc1ccccc1)c1ccccc1C").murcko_scaffold(), "O=C(Nc1ccccc1)c1ccccc1");  // =O on a linker stays
  EXPECT_EQ(molecule("CN1C(=O)CCC1c1cccnc1").murcko_scaffold(), "O=C1CCC(c2cccnc2)N1");
  EXPECT_EQ(molecule("Cn1cccc1").murcko_scaffold(), "c1cc[nH]c1");
  EXPECT_EQ(molecule("CCN(CC)C1CC1.CC").murcko_scaffold(), "C1CC1");
}

TEST(Molecule, FromMolblock_ReadsBothVersions) {
  EXPECT_EQ(Molecule::from_molblock(kEthanol)->smiles(), "CCO");
  EXPECT_EQ(Molecule::from_molblock(kMethanolV3000)->smiles(), "[13CH3]O");
}

TEST(Molecule, FromMolblock_DamagedAnywhere_IsAnAnswer) {
  for (const std::string_view block : {kEthanol, kMethanolV3000}) {
    for (std::size_t size = 0; size < block.size(); ++size) {
      const auto cut = Molecule::from_molblock(block.substr(0, size));
      EXPECT_TRUE(cut || !cut.reason().empty()) << size;
      std::string flipped(block);
      flipped[size] = static_cast<char>(flipped[size] ^ 0x15);
      const auto other = Molecule::from_molblock(flipped);
      EXPECT_TRUE(other || !other.reason().empty()) << size;
    }
  }
}

TEST(Molecule, FromMolblock_CountsThatLie_AreRefused) {
  std::string block(kMethanolV3000);
  block.replace(block.find("COUNTS 2 1"), 10, "COUNTS 2000000000 1");
  EXPECT_FALSE(Molecule::from_molblock(block));
  EXPECT_FALSE(Molecule::from_molblock(""));
  EXPECT_FALSE(Molecule::from_molblock("\n\n\n\n\n"));
}

TEST(InchiKey, KnownCompounds) {
  EXPECT_EQ(key("O"), "XLYOFNOQVPJJNP-UHFFFAOYSA-N");
  EXPECT_EQ(key("CCO"), "LFQSCWFLJHTTHZ-UHFFFAOYSA-N");
  EXPECT_EQ(key("Cn1c(=O)c2c(ncn2C)n(C)c1=O"), "RYYVLZVUVIJVGH-UHFFFAOYSA-N");
  EXPECT_EQ(key("CC(=O)Oc1ccccc1C(=O)O"), "BSYNRYMUTXBXSQ-UHFFFAOYSA-N");
  EXPECT_EQ(key("CS(C)=O"), "IAZDPXIOMUYVGZ-UHFFFAOYSA-N");
  EXPECT_EQ(key("C[S+](C)[O-]"), "IAZDPXIOMUYVGZ-UHFFFAOYSA-N");
}

TEST(InchiKey, Stereo_IsInTheSecondBlock) {
  EXPECT_EQ(key("C[C@H](N)C(=O)O"), "QNAYBMKLOCPYGJ-REOHCLBHSA-N");     // L-alanine
  EXPECT_EQ(key("C[C@@H](N)C(=O)O"), "QNAYBMKLOCPYGJ-UWTATZPHSA-N");    // D-alanine
  EXPECT_EQ(key("OC(=O)/C=C/C(=O)O"), "VZCYOOQTPOCHFL-OWOJBTEDSA-N");   // fumaric acid
  EXPECT_EQ(key("OC(=O)/C=C\\C(=O)O"), "VZCYOOQTPOCHFL-UPHRSURJSA-N");  // maleic acid
  EXPECT_EQ(key("C[C@]12CC[C@H]3[C@H]([C@@H]1CC[C@@H]2O)CCC4=CC(=O)CC[C@]34C"), "MUMGGOZAMZWBJJ-DYKIIFRCSA-N");
}

TEST(InchiKey, Charge_IsInTheLastLetter) {
  EXPECT_EQ(key("C[NH3+]").substr(0, 14), key("CN").substr(0, 14));
  EXPECT_NE(key("C[NH3+]").back(), key("CN").back());
}

TEST(InchiKey, TautomersAndIsotopes) {
  EXPECT_EQ(key("Oc1ccccn1").substr(0, 14), key("O=c1cccc[nH]1").substr(0, 14));
  EXPECT_EQ(key("[13CH4]").substr(0, 14), key("C").substr(0, 14));
  EXPECT_NE(key("[13CH4]"), key("C"));
  EXPECT_NE(key("[2H]C"), key("C"));
}

TEST(InchiKey, FirstBlock_HasFourteenLetters) { EXPECT_EQ(*inchikey14(molecule("CCO")), "LFQSCWFLJHTTHZ"); }

TEST(InchiKey, WhatInchiCannotTake_IsRefused) {
  EXPECT_THAT(key(std::string(1'024, 'C')), HasSubstr("1,023 atoms"));
  EXPECT_THAT(key("[U]" + std::string("(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)(F)F")),
              HasSubstr("20 bonds"));
}

TEST(InchiKey, FromManyThreads_GivesTheSame) {
  const std::vector<std::string> inputs = {"CCO", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "C[C@H](N)C(=O)O", "CS(C)=O",
                                           "c1ccccc1"};
  std::vector<std::string> expected;
  std::vector<Molecule> molecules;
  for (const auto& input : inputs) {
    molecules.push_back(molecule(input));
    expected.push_back(key(input));
  }
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 100; ++round) {
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          const auto result = inchikey(molecules[i]);
          wrong[t] += !result || *result != expected[i];
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

TEST(Toolkit, Version_NamesBothLibraries) {
  EXPECT_THAT(toolkit_version(), StartsWith("RDKit 20"));
  EXPECT_THAT(toolkit_version(), HasSubstr(", InChI 1."));
}

}  // namespace
}  // namespace molbridge::chem
