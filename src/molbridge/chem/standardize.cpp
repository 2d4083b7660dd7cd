// One spelling of a molecule.

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/SanitException.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "molbridge/chem/neutralize.hpp"
#include "molbridge/chem/rdkit_state.hpp"

namespace molbridge::chem {
namespace {

using Fragments = std::vector<boost::shared_ptr<RDKit::ROMol>>;

double fragment_mass(const RDKit::ROMol& mol) {
  mass::Formula formula;
  for (const RDKit::Atom* atom : mol.atoms()) {
    formula.add({atom->getAtomicNum(), static_cast<int>(atom->getIsotope())}, 1);
    formula.add({1, 0}, static_cast<int>(atom->getTotalNumHs()));
  }
  return formula.monoisotopic_mass();
}

/// By heavy atoms, then mass, then SMILES (the first in the alphabet); the later keys are made only for ties.
const RDKit::ROMol& largest(const Fragments& fragments) {
  const RDKit::ROMol* best = fragments.front().get();
  const auto better = [](const RDKit::ROMol& a, const RDKit::ROMol& b) {
    if (a.getNumHeavyAtoms() != b.getNumHeavyAtoms()) return a.getNumHeavyAtoms() > b.getNumHeavyAtoms();
    const double mass_a = fragment_mass(a);
    const double mass_b = fragment_mass(b);
    if (mass_a != mass_b) return mass_a > mass_b;
    return canonical_smiles(a) < canonical_smiles(b);
  };
  for (const auto& fragment : fragments) {
    if (fragment.get() != best && better(*fragment, *best)) best = fragment.get();
  }
  return *best;
}

void keep_largest_fragment(std::unique_ptr<RDKit::RWMol>& mol) {
  std::vector<int> fragment_of_atom;
  if (RDKit::MolOps::getMolFrags(*mol, fragment_of_atom) < 2) return;
  const Fragments fragments = RDKit::MolOps::getMolFrags(*mol, false);
  auto kept = std::make_unique<RDKit::RWMol>(largest(fragments));
  mol = std::move(kept);
  sanitize(*mol);  // ring information does not survive the split
}

void neutralize_or_leave(std::unique_ptr<RDKit::RWMol>& mol) {
  bool charged = false;
  for (const RDKit::Atom* atom : mol->atoms()) charged = charged || atom->getFormalCharge() != 0;
  if (!charged) return;
  auto neutral = std::make_unique<RDKit::RWMol>(*mol);
  if (!neutralize(*neutral)) return;
  try {
    sanitize(*neutral);
    mol = std::move(neutral);
  } catch (const RDKit::MolSanitizeException&) {
    // the neutral form breaks a valence rule: the molecule stays as it was given
  }
}

/// `mol` is sanitised already.
Molecule finish(std::unique_ptr<RDKit::RWMol> mol, const StandardizeOptions& options) {
  keep_largest_fragment(mol);
  neutralize_or_leave(mol);
  perceive_stereo(*mol, options.keep_stereo);
  return make_molecule(std::move(mol));
}

}  // namespace

Result<Molecule> standardize(std::string_view smiles, const StandardizeOptions& options) {
  return guarded([&] {
    auto mol = parse_smiles_raw(smiles);
    if (!options.keep_stereo) strip_stereo(*mol);
    remove_hydrogens_and_sanitize(*mol);
    return finish(std::move(mol), options);
  });
}

Result<Molecule> standardize(const Molecule& molecule, const StandardizeOptions& options) {
  return guarded([&] {
    auto mol = std::make_unique<RDKit::RWMol>(*molecule.state().mol);
    if (!options.keep_stereo) strip_stereo(*mol);
    remove_hydrogens_and_sanitize(*mol);
    return finish(std::move(mol), options);
  });
}

}  // namespace molbridge::chem
