#include "molbridge/chem/molecule.hpp"

#include <GraphMol/GraphMol.h>
#include <RDGeneral/versions.h>

#include <memory>
#include <utility>

#include "molbridge/chem/rdkit_state.hpp"

namespace molbridge::chem {

Result<Molecule> Molecule::from_smiles(std::string_view smiles) {
  return guarded([&] {
    auto mol = parse_smiles_raw(smiles);
    remove_hydrogens_and_sanitize(*mol);
    perceive_stereo(*mol, true);
    return make_molecule(std::move(mol));
  });
}

Result<Molecule> Molecule::from_molblock(std::string_view block) {
  return guarded([&] { return make_molecule(parse_molblock(block)); });
}

std::string Molecule::smiles() const { return state_->smiles; }

mass::Formula Molecule::formula() const {
  mass::Formula formula;
  int hydrogens = 0;
  for (const RDKit::Atom* atom : state_->mol->atoms()) {
    formula.add({atom->getAtomicNum(), static_cast<int>(atom->getIsotope())}, 1);
    hydrogens += static_cast<int>(atom->getTotalNumHs());
  }
  if (hydrogens > 0) formula.add({1, 0}, hydrogens);
  formula.set_charge(formal_charge());
  return formula;
}

double Molecule::monoisotopic_mass() const { return formula().monoisotopic_mass(); }

int Molecule::num_heavy_atoms() const { return static_cast<int>(state_->mol->getNumHeavyAtoms()); }

int Molecule::formal_charge() const {
  int charge = 0;
  for (const RDKit::Atom* atom : state_->mol->atoms()) charge += atom->getFormalCharge();
  return charge;
}

std::string toolkit_version() { return std::string("RDKit ") + RDKit::rdkitVersion + ", InChI 1.03"; }

}  // namespace molbridge::chem
