#include "molbridge/chem/graph.hpp"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <RDGeneral/types.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "molbridge/chem/rdkit_state.hpp"

namespace molbridge::chem {
namespace {

Hybridization hybridization_of(const RDKit::Atom& atom) {
  switch (atom.getHybridization()) {
    case RDKit::Atom::SP: return Hybridization::kSp;
    case RDKit::Atom::SP2: return Hybridization::kSp2;
    case RDKit::Atom::SP3: return Hybridization::kSp3;
    case RDKit::Atom::SP3D: return Hybridization::kSp3d;
    case RDKit::Atom::SP3D2: return Hybridization::kSp3d2;
    default: return Hybridization::kOther;
  }
}

/// Place of each atom in the canonical SMILES; its own index where RDKit does not tell.
std::vector<int> canonical_places(const RDKit::ROMol& mol) {
  std::vector<unsigned int> order;
  const bool known = mol.getPropIfPresent(RDKit::common_properties::_smilesAtomOutputOrder, order) &&
                     order.size() == mol.getNumAtoms();
  std::vector<int> places(mol.getNumAtoms());
  for (std::size_t i = 0; i < places.size(); ++i) places[known ? order[i] : i] = static_cast<int>(i);
  return places;
}

GraphAtom graph_atom(const RDKit::Atom& atom, const RDKit::RingInfo& rings) {
  return {.element = atom.getAtomicNum(),
          .isotope = static_cast<int>(atom.getIsotope()),
          .degree = static_cast<int>(atom.getDegree()),
          .hydrogens = static_cast<int>(atom.getTotalNumHs()),
          .charge = atom.getFormalCharge(),
          .hybridization = hybridization_of(atom),
          .aromatic = atom.getIsAromatic(),
          .in_ring = rings.numAtomRings(atom.getIdx()) > 0};
}

}  // namespace

MolecularGraph molecular_graph(const Molecule& molecule) {
  const std::vector<int> places = canonical_places(*molecule.state().mol);
  RDKit::RWMol mol(*molecule.state().mol);  // standardize() leaves hybridisation out
  RDKit::MolOps::setConjugation(mol);
  RDKit::MolOps::setHybridization(mol);
  MolecularGraph graph;
  graph.atoms.resize(mol.getNumAtoms());
  for (const RDKit::Atom* atom : mol.atoms()) {
    graph.atoms[static_cast<std::size_t>(places[atom->getIdx()])] = graph_atom(*atom, *mol.getRingInfo());
  }
  for (const RDKit::Bond* bond : mol.bonds()) {
    const auto [begin, end] = std::minmax(places[bond->getBeginAtomIdx()], places[bond->getEndAtomIdx()]);
    graph.bonds.push_back({begin, end, std::max(1.0, bond->getBondTypeAsDouble())});
  }
  std::sort(graph.bonds.begin(), graph.bonds.end(),
            [](const GraphBond& a, const GraphBond& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  return graph;
}

}  // namespace molbridge::chem
