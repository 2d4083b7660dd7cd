#include "molbridge/chem/fragment_smiles.hpp"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/SmilesParse/SmilesWrite.h>

#include <memory>
#include <utility>
#include <vector>

#include "molbridge/chem/rdkit_state.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

bool has_aromatic(const RDKit::ROMol& mol, const std::vector<int>& atoms) {
  for (const int atom : atoms) {
    if (mol.getAtomWithIdx(static_cast<unsigned int>(atom))->getIsAromatic()) return true;
  }
  return false;
}

}  // namespace

std::string fragment_smiles(const Molecule& molecule, std::span<const int> atoms) {
  if (atoms.empty()) return {};
  // Read from its own SMILES a molecule has its atoms in that order, and which double bonds a ring gets depends on the SMILES alone.
  const auto whole = guarded([&] {
    auto mol = parse_smiles_raw(molecule.smiles());
    sanitize(*mol);
    return std::shared_ptr<RDKit::RWMol>(std::move(mol));
  });
  MOLBRIDGE_CHECK(whole, molecule.smiles());
  RDKit::RWMol& mol = **whole;
  for (const int atom : atoms)
    MOLBRIDGE_CHECK(atom >= 0 && atom < static_cast<int>(mol.getNumAtoms()), std::to_string(atom));
  const std::vector<int> chosen(atoms.begin(), atoms.end());
  const std::string aromatic = RDKit::MolFragmentToSmiles(mol, chosen);
  if (!has_aromatic(mol, chosen) || Molecule::from_smiles(aromatic)) return aromatic;
  const auto kekulized = guarded([&] {
    RDKit::MolOps::Kekulize(mol);
    return RDKit::MolFragmentToSmiles(mol, chosen);
  });
  return kekulized && Molecule::from_smiles(*kekulized) ? *kekulized : aromatic;
}

}  // namespace molbridge::chem
