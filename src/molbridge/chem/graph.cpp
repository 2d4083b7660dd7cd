#include "molbridge/chem/graph.hpp"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <RDGeneral/types.h>

#include <algorithm>
#include <array>
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

/// Of a molecule whose valences and rings are known. Perceives hybridisation in it.
MolecularGraph graph_of(RDKit::RWMol& mol, const std::vector<int>& places) {
  RDKit::MolOps::setConjugation(mol);
  RDKit::MolOps::setHybridization(mol);
  MolecularGraph graph;
  graph.atoms.resize(mol.getNumAtoms());
  for (const RDKit::Atom* atom : mol.atoms()) {
    graph.atoms[static_cast<std::size_t>(places[atom->getIdx()])] = graph_atom(*atom, *mol.getRingInfo());
  }
  graph.bonds.reserve(mol.getNumBonds());
  for (const RDKit::Bond* bond : mol.bonds()) {
    const auto [begin, end] = std::minmax(places[bond->getBeginAtomIdx()], places[bond->getEndAtomIdx()]);
    graph.bonds.push_back({begin, end, std::max(1.0, bond->getBondTypeAsDouble())});
  }
  std::sort(graph.bonds.begin(), graph.bonds.end(),
            [](const GraphBond& a, const GraphBond& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  return graph;
}

/// Atoms whose canonical spelling says all there is to know without sanitising: no metals, radicals, or hydrogens that are atoms.
bool is_plain(const RDKit::ROMol& mol) {
  constexpr std::array kElements = {5, 6, 7, 8, 9, 14, 15, 16, 17, 35, 53};
  for (const RDKit::Atom* atom : mol.atoms()) {
    if (atom->getNumRadicalElectrons() > 0) return false;
    if (std::find(kElements.begin(), kElements.end(), atom->getAtomicNum()) == kElements.end()) return false;
  }
  return true;
}

}  // namespace

MolecularGraph molecular_graph(const Molecule& molecule) {
  RDKit::RWMol mol(*molecule.state().mol);  // standardize() leaves hybridisation out
  return graph_of(mol, canonical_places(*molecule.state().mol));
}

Result<MolecularGraph> standardized_graph(std::string_view smiles) {
  auto plain = guarded([&] {
    auto mol = parse_smiles_raw(smiles);
    mol->updatePropertyCache(true);
    RDKit::MolOps::assignRadicals(*mol);
    if (!is_plain(*mol)) return MolecularGraph{};
    RDKit::MolOps::fastFindRings(*mol);
    return graph_of(*mol, canonical_places(*mol));
  });
  if (plain && !plain->atoms.empty()) return plain;
  const auto molecule = standardize(smiles);  // which also knows what is wrong with the text
  if (!molecule) return Failure{molecule.reason()};
  return molecular_graph(*molecule);
}

}  // namespace molbridge::chem
