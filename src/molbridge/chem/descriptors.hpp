#pragma once
// What can be counted of a structure, and other spellings of it: what analyses of candidate sets look at. Pure functions; thread-safe.

#include <cstdint>
#include <string>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::chem {

/// Hydrogens count only where they are atoms of the molecule (isotopes, bridges). "Possible" stereo counts what the constitution allows,
/// marked or not; the marked ones are among them.
struct Descriptors {
  int heavy_atoms = 0;
  int hetero_atoms = 0;  ///< heavy atoms other than carbon
  int halogens = 0;
  int aromatic_atoms = 0;
  int rings = 0;  ///< bonds - atoms + fragments
  int fragments = 0;
  int branch_atoms = 0;   ///< heavy atoms with three or more heavy neighbours
  int double_bonds = 0;   ///< of order two, outside aromatic rings
  int charged_atoms = 0;  ///< with any formal charge
  int isotope_atoms = 0;
  int stereo_centres = 0;
  int possible_stereo_centres = 0;
  int stereo_bonds = 0;
  int possible_stereo_bonds = 0;
};

/// Cost: about 0.1 ms, most of it for stereo.
Descriptors descriptors(const Molecule& molecule);

/// RDKit's canonical SMILES with alternating double bonds instead of aromatic (lower-case) atoms, stereo kept. Failure: no such form.
Result<std::string> kekule_smiles(const Molecule& molecule);

/// A valid SMILES of the same structure whose atoms stand in an order that `seed` decides: for tests of what depends on spelling. No stereo.
Result<std::string> random_smiles(const Molecule& molecule, std::uint64_t seed);

}  // namespace molbridge::chem
