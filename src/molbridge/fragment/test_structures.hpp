#pragma once
// What the tests of this module share: structures from SMILES, and molecules of many shapes.

#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/fragment/structure.hpp"

namespace molbridge::fragment {

inline chem::Molecule molecule_of(const std::string& smiles) { return chem::standardize(smiles).value(); }
inline Structure structure_of(const std::string& smiles) { return Structure::of(molecule_of(smiles)).value(); }

inline const std::string kCaffeine = "Cn1c(=O)c2c(ncn2C)n(C)c1=O";
inline const std::string kBenzoicAcid = "OC(=O)c1ccccc1";
inline const std::string kSalicin = "OCC1OC(Oc2ccccc2CO)C(O)C(O)C1O";
inline const std::string kCubane = "C12C3C4C1C5C2C3C45";

/// Chains, rings, fused, bridged and spiro ones, cages, charges, isotopes, radicals, metals, hydrogens that are atoms.
inline const std::vector<std::string>& shapes() {
  static const std::vector<std::string> all = {"C",
                                               "CCO",
                                               "CC(C)(C)C",
                                               "C1CC1",
                                               "C1CCCCC1",
                                               "C1CC1C1CCC1",
                                               "C1CC2(C1)CCC2",
                                               "C1CCC2CCCCC2C1",
                                               "C1CC2CCC1C2",
                                               "c1ccc2cc3ccccc3cc2c1",
                                               "C1C2CC3CC1CC(C2)C3",
                                               kCubane,
                                               kCaffeine,
                                               kBenzoicAcid,
                                               kSalicin,
                                               "CC(=O)Oc1ccccc1C(=O)O",
                                               "C[N+](C)(C)CCO",
                                               "C[n+]1ccccc1",
                                               "[2H]C([2H])([2H])Oc1ccccc1",
                                               "[13CH3]C([2H])O",
                                               "OS(=O)(=O)c1ccc(Cl)cc1Br",
                                               "FC(F)(F)c1ncc(I)cn1",
                                               "C[Si](C)(C)OP(=O)(O)O",
                                               "C[Hg]C",
                                               "[2H]OC1CC1[2H]",
                                               "C1CCCCCCCCCCCCC1",
                                               "O=C1CCC(=O)NCCNC(=O)CC1"};
  return all;
}

}  // namespace molbridge::fragment
