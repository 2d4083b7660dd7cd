#include "molbridge/chem/descriptors.hpp"

#include <gtest/gtest.h>

#include <set>

namespace molbridge::chem {
namespace {

Descriptors of(const char* smiles) { return descriptors(Molecule::from_smiles(smiles).value()); }

TEST(Descriptors, CountsAtomsAndRings) {
  const Descriptors d = of("Clc1ccc(cc1)C(=O)O.[Na+]");
  EXPECT_EQ(d.heavy_atoms, 11);
  EXPECT_EQ(d.hetero_atoms, 4);
  EXPECT_EQ(d.halogens, 1);
  EXPECT_EQ(d.aromatic_atoms, 6);
  EXPECT_EQ(d.rings, 1);
  EXPECT_EQ(d.fragments, 2);
  EXPECT_EQ(d.branch_atoms, 3);
  EXPECT_EQ(d.double_bonds, 1);
  EXPECT_EQ(d.charged_atoms, 1);
  EXPECT_EQ(of("[13CH4]").isotope_atoms, 1);
}

TEST(Descriptors, PossibleStereo_DoesNotDependOnItsMarks) {
  EXPECT_EQ(of("N[C@@H](C)C(O)=O").stereo_centres, 1);
  EXPECT_EQ(of("N[C@@H](C)C(O)=O").possible_stereo_centres, 1);
  EXPECT_EQ(of("NC(C)C(O)=O").stereo_centres, 0);
  EXPECT_EQ(of("NC(C)C(O)=O").possible_stereo_centres, 1);
  EXPECT_EQ(of("NCC(O)=O").possible_stereo_centres, 0);
  EXPECT_EQ(of("C/C=C/C").stereo_bonds, 1);
  EXPECT_EQ(of("CC=CC").stereo_bonds, 0);
  EXPECT_EQ(of("CC=CC").possible_stereo_bonds, 1);
  EXPECT_EQ(descriptors(standardize("N[C@@H](C)C(O)=O").value()).possible_stereo_centres, 1);
}

TEST(KekuleSmiles, HasNoAromaticAtoms_AndIsTheSameMolecule) {
  const Molecule molecule = Molecule::from_smiles("Cn1cnc2c1c(=O)n(C)c(=O)n2C").value();
  const std::string kekule = kekule_smiles(molecule).value();
  EXPECT_EQ(kekule.find_first_of("cno"), std::string::npos) << kekule;
  EXPECT_EQ(Molecule::from_smiles(kekule)->smiles(), molecule.smiles());
  EXPECT_EQ(molecule.smiles(), "Cn1c(=O)c2c(ncn2C)n(C)c1=O");  // the molecule itself is unchanged
}

TEST(RandomSmiles, FollowsTheSeed_AndIsTheSameMolecule) {
  const Molecule molecule = standardize("CC(C)Cc1ccc(cc1)C(C)C(=O)O").value();
  std::set<std::string> spellings;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::string spelling = random_smiles(molecule, seed).value();
    EXPECT_EQ(standardize(spelling)->smiles(), molecule.smiles()) << spelling;
    EXPECT_EQ(spelling, random_smiles(molecule, seed).value());
    spellings.insert(spelling);
  }
  EXPECT_GT(spellings.size(), 3U);
}

}  // namespace
}  // namespace molbridge::chem
