#include "molbridge/chem/descriptors.hpp"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/SmilesParse/SmilesWrite.h>

#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "molbridge/chem/rdkit_state.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::chem {
namespace {

bool is_halogen(int atomic_number) {
  return atomic_number == 9 || atomic_number == 17 || atomic_number == 35 || atomic_number == 53;
}

void count_atom(const RDKit::Atom& atom, Descriptors& out) {
  if (atom.getFormalCharge() != 0) ++out.charged_atoms;
  if (atom.getIsotope() != 0) ++out.isotope_atoms;
  if (atom.getAtomicNum() == 1) return;
  ++out.heavy_atoms;
  if (atom.getAtomicNum() != 6) ++out.hetero_atoms;
  if (is_halogen(atom.getAtomicNum())) ++out.halogens;
  if (atom.getIsAromatic()) ++out.aromatic_atoms;
  if (atom.getDegree() >= 3) ++out.branch_atoms;
}

/// On a copy, as perception writes into the molecule.
void count_stereo(const RDKit::ROMol& molecule, Descriptors& out) {
  RDKit::RWMol mol(molecule);
  mol.clearProp(RDKit::common_properties::_StereochemDone);
  RDKit::MolOps::assignStereochemistry(mol, true, true, true);
  RDKit::MolOps::findPotentialStereoBonds(mol, false);
  for (const RDKit::Atom* atom : mol.atoms()) {
    const bool marked = atom->getChiralTag() != RDKit::Atom::CHI_UNSPECIFIED;
    if (marked) ++out.stereo_centres;
    if (marked || atom->hasProp(RDKit::common_properties::_ChiralityPossible)) ++out.possible_stereo_centres;
  }
  for (const RDKit::Bond* bond : mol.bonds()) {
    if (bond->getStereo() == RDKit::Bond::STEREONONE) continue;
    ++out.possible_stereo_bonds;
    if (bond->getStereo() != RDKit::Bond::STEREOANY) ++out.stereo_bonds;
  }
}

}  // namespace

Descriptors descriptors(const Molecule& molecule) {
  const RDKit::ROMol& mol = *molecule.state().mol;
  Descriptors out;
  for (const RDKit::Atom* atom : mol.atoms()) count_atom(*atom, out);
  for (const RDKit::Bond* bond : mol.bonds()) {
    if (bond->getBondType() == RDKit::Bond::DOUBLE && !bond->getIsAromatic()) ++out.double_bonds;
  }
  std::vector<int> fragment_of_atom;
  out.fragments = static_cast<int>(RDKit::MolOps::getMolFrags(mol, fragment_of_atom));
  out.rings = static_cast<int>(mol.getNumBonds()) - static_cast<int>(mol.getNumAtoms()) + out.fragments;
  count_stereo(mol, out);
  return out;
}

Result<std::string> kekule_smiles(const Molecule& molecule) {
  return guarded([&] {
    RDKit::RWMol mol(*molecule.state().mol);
    RDKit::MolOps::Kekulize(mol, true);
    return RDKit::MolToSmiles(mol, true, true);
  });
}

Result<std::string> random_smiles(const Molecule& molecule, std::uint64_t seed) {
  return guarded([&] {
    const RDKit::ROMol& mol = *molecule.state().mol;
    std::vector<unsigned int> order(mol.getNumAtoms());
    std::iota(order.begin(), order.end(), 0U);
    Rng(seed, "atom order").shuffle(std::span(order));
    const std::unique_ptr<RDKit::ROMol> shuffled(RDKit::MolOps::renumberAtoms(mol, order));
    return RDKit::MolToSmiles(*shuffled, false, false, 0, false);
  });
}

}  // namespace molbridge::chem
