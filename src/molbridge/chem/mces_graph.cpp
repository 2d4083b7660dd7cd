#include <GraphMol/GraphMol.h>

#include "molbridge/chem/mces.hpp"
#include "molbridge/chem/rdkit_state.hpp"

namespace molbridge::chem {

McesGraph mces_graph(const Molecule& molecule) {
  const RDKit::ROMol& mol = *molecule.state().mol;
  McesGraph graph;
  graph.elements.reserve(mol.getNumAtoms());
  graph.bonds.reserve(mol.getNumBonds());
  for (const RDKit::Atom* atom : mol.atoms()) graph.elements.push_back(atom->getAtomicNum());
  for (const RDKit::Bond* bond : mol.bonds()) {
    const double order = bond->getBondTypeAsDouble();
    if (order <= 0) continue;  // a bond that weighs nothing changes no distance
    graph.bonds.push_back({static_cast<int>(bond->getBeginAtomIdx()), static_cast<int>(bond->getEndAtomIdx()), order});
  }
  return graph;
}

}  // namespace molbridge::chem
