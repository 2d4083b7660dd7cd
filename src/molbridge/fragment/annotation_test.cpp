#include "molbridge/fragment/annotation.hpp"

#include <gtest/gtest.h>

#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/fragment/test_structures.hpp"

namespace molbridge::fragment {
namespace {

TEST(Annotation, EveryIon_HasTheMassOfItsFormula) {
  for (const char* text : {"[M+H]+", "[M-H]-", "[M+Na]+", "[M+K]+"}) {
    const IonContext context = IonContext::of(mass::Adduct::parse(text).value());
    for (const std::string& smiles : shapes()) {
      const Structure structure = structure_of(smiles);
      for (const Fragment& fragment : take_apart(structure).fragments) {
        for (int channel = 0; channel < (context.metal != 0 ? kChannels : kHydrogenShifts); ++channel) {
          if (fragment.hydrogens() + shift_of_channel(channel) < 0) continue;
          const mass::Formula ion = ion_formula(structure, fragment, channel, context);
          EXPECT_EQ(ion.charge(), context.charge_sign);
          EXPECT_NEAR(ion.monoisotopic_mass(), ion_mz(fragment, channel, context), 1e-8) << smiles << " " << ion.hill();
        }
      }
    }
  }
}

TEST(Annotation, Isotopes_StandInTheFormula) {
  const Structure anisole = structure_of("[2H]C([2H])([2H])Oc1ccccc1");
  EXPECT_EQ(formula_of(anisole, anisole.all()).hill(), "C7H5[2H]3O");
}

TEST(Annotation, ImpossibleIons_AreRefused) {
  const Structure structure = structure_of("ClC(Cl)(Cl)Cl");
  const Fragment whole = take_apart(structure).fragments.front();
  EXPECT_THROW((void)ion_formula(structure, whole, 0, IonContext{}), Error) << "no hydrogen to lose";
  EXPECT_THROW((void)ion_formula(structure, whole, kHydrogenShifts + 1, IonContext{}), Error) << "no metal";
}

TEST(Annotation, Parts_AreCutOutOfTheMolecule) {
  const chem::Molecule molecule = molecule_of(kBenzoicAcid);
  const Structure structure = Structure::of(molecule).value();
  bool benzoyl = false, phenyl = false;
  for (const Fragment& fragment : take_apart(structure).fragments) {
    const std::string smiles = part_smiles(molecule, fragment), formula = formula_of(structure, fragment.atoms).hill();
    if (formula == "C7H5O") benzoyl = smiles == "O=Cc1ccccc1";
    if (formula == "C6H5") phenyl = smiles == "c1ccccc1";
  }
  EXPECT_TRUE(benzoyl);
  EXPECT_TRUE(phenyl);
}

TEST(Annotation, EveryPart_CanBeReadAndHasItsAtoms) {
  for (const std::string& smiles : shapes()) {
    const chem::Molecule molecule = molecule_of(smiles);
    const Structure structure = Structure::of(molecule).value();
    for (const Fragment& fragment : take_apart(structure).fragments) {
      const std::string part = part_smiles(molecule, fragment);
      const auto read = chem::Molecule::from_smiles(part);
      if (!read) continue;  // what cannot be spelled alone: hydrogens between two atoms
      EXPECT_EQ(
          read->num_heavy_atoms(),
          (fragment.atoms - structure.of_element(kOther)).count() +
              [&] {
                int others = 0;
                for_each_atom(fragment.atoms & structure.of_element(kOther), [&](int atom) {
                  others += structure.atoms()[static_cast<std::size_t>(atom)].nuclide.atomic_number != 1;
                });
                return others;
              }())
          << smiles << " -> " << part;
    }
  }
}

}  // namespace
}  // namespace molbridge::fragment
