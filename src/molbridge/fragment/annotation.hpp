#pragma once
// What a matched fragment is called: the formula of its ion, and its atoms as SMILES. Thread-safe: values and pure functions.

#include <string>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/fragment/fragmenter.hpp"
#include "molbridge/fragment/peak_matcher.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::fragment {

/// Atoms of the part and their own hydrogens, isotopes kept; charge 0 whatever charges the atoms have. Its atom_mass() is Fragment::mass.
mass::Formula formula_of(const Structure& structure, AtomSet atoms);
/// Of the whole molecule with its charge: what chem::Molecule::formula() gives.
mass::Formula formula_of(const Structure& structure);

/// Formula of the ion that leaves through a channel: hydrogens gained or lost, the metal where the channel has it, one charge of the context's sign. Its
/// monoisotopic mass is ion_mz(). hill() gives the text ("C7H5O+"). Requires a match: hydrogens + shift not negative, a metal for its channels.
mass::Formula ion_formula(const Structure& structure, const Fragment& fragment, int channel, const IonContext& context);

/// SMILES of the part's atoms, cut out of the molecule that the structure was made of (chem::fragment_smiles()). Cost: some 0.4 ms.
std::string part_smiles(const chem::Molecule& molecule, const Fragment& fragment);

}  // namespace molbridge::fragment
