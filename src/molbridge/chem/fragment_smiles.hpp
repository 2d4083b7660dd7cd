#pragma once
// A part of a molecule as a picture: SMILES of some of its atoms. Thread-safe: values and a pure function.

#include <span>
#include <string>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::chem {

/// SMILES of the given atoms and the bonds among them, canonical; "" for no atoms. Cut bonds are left open: who reads it puts hydrogens
/// there, so it says which atoms, and not how many hydrogens, an ion has. Aromatic spelling where that can be read alone, else single and double bonds
/// ("C=CC=C" of a benzene ring), else as the molecule has them.
/// `atoms` are indices in the order of molecular_graph(), any order, no doubles. Requires a standardised molecule and atoms in [0, number of
/// atoms). Cost: some 0.4 ms.
std::string fragment_smiles(const Molecule& molecule, std::span<const int> atoms);

}  // namespace molbridge::chem
