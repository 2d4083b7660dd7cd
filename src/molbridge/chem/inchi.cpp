// Standard InChIKeys through the InChI library, which has its own structure format and, in Debian's version 1.03,
// global state: it answers "busy" to a second caller, so that calls are made one at a time.

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/PeriodicTable.h>
#include <inchi_api.h>

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/chem/inchi_library.hpp"
#include "molbridge/chem/rdkit_state.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

using RDKit::Atom;
using RDKit::Bond;

constexpr std::size_t kMaxInchiAtoms = 1023;

struct InchiStructure {
  std::vector<inchi_Atom> atoms;
  std::vector<inchi_Stereo0D> stereo;
};

void convert_atom(const Atom& atom, inchi_Atom& out) {
  const std::string symbol = atom.getSymbol();
  std::memcpy(out.elname, symbol.c_str(), std::min(symbol.size() + 1, sizeof(out.elname)));
  out.charge = static_cast<S_CHAR>(atom.getFormalCharge());
  // InChI's radical field means a multiplicity; hydrogen count and charge say the same without ambiguity.
  out.num_iso_H[0] = static_cast<S_CHAR>(atom.getTotalNumHs());
  if (atom.getIsotope() != 0) {
    const double average = RDKit::PeriodicTable::getTable()->getAtomicWeight(atom.getAtomicNum());
    const int shift = static_cast<int>(atom.getIsotope()) - static_cast<int>(average + 0.5);
    if (std::abs(shift) > ISOTOPIC_SHIFT_MAX) throw Refusal{"InChI cannot express an isotope"};
    out.isotopic_mass = static_cast<AT_NUM>(ISOTOPIC_SHIFT_FLAG + shift);
  }
}

int inchi_bond_type(const Bond& bond) {
  switch (bond.getBondType()) {
    case Bond::SINGLE:
    case Bond::DATIVE: return INCHI_BOND_TYPE_SINGLE;
    case Bond::DOUBLE: return INCHI_BOND_TYPE_DOUBLE;
    case Bond::TRIPLE: return INCHI_BOND_TYPE_TRIPLE;
    default: throw Refusal{"InChI cannot express a bond order"};
  }
}

void convert_bond(const Bond& bond, std::vector<inchi_Atom>& atoms) {
  inchi_Atom& atom = atoms[bond.getBeginAtomIdx()];  // one of the two adjacency lists is enough
  if (atom.num_bonds >= MAXVAL) throw Refusal{"InChI cannot express an atom with more than 20 bonds"};
  atom.neighbor[atom.num_bonds] = static_cast<AT_NUM>(bond.getEndAtomIdx());
  atom.bond_type[atom.num_bonds] = static_cast<S_CHAR>(inchi_bond_type(bond));
  ++atom.num_bonds;
}

/// [O-][Cl+3]([O-])([O-])O, RDKit's form of perchloric acid, is OCl(=O)(=O)=O for InChI.
void merge_perchlorate(RDKit::RWMol& mol) {
  for (Atom* center : mol.atoms()) {
    if (center->getFormalCharge() != 3 || center->getAtomicNum() != 17) continue;
    for (Bond* bond : mol.atomBonds(center)) {
      Atom* oxygen = bond->getOtherAtom(center);
      if (center->getFormalCharge() == 0 || oxygen->getFormalCharge() != -1) continue;
      bond->setBondType(Bond::DOUBLE);
      oxygen->setFormalCharge(0);
      center->setFormalCharge(center->getFormalCharge() - 1);
    }
  }
}

/// Source: inchi_api.h, "0D stereo parity". RDKit's tag looks from the first neighbour (in bond order) to the others;
/// with an implicit hydrogen or lone pair InChI puts the centre itself first.
std::optional<inchi_Stereo0D> convert_center(const Atom& atom) {
  const bool clockwise = atom.getChiralTag() == Atom::CHI_TETRAHEDRAL_CW;
  if (!clockwise && atom.getChiralTag() != Atom::CHI_TETRAHEDRAL_CCW) return std::nullopt;
  const unsigned int degree = atom.getDegree();
  if (degree < 3 || degree > 4) return std::nullopt;
  inchi_Stereo0D stereo{};
  stereo.central_atom = static_cast<AT_NUM>(atom.getIdx());
  stereo.type = INCHI_StereoType_Tetrahedral;
  std::size_t slot = 0;
  if (degree == 3) stereo.neighbor[slot++] = stereo.central_atom;
  for (const Bond* bond : atom.getOwningMol().atomBonds(&atom)) {
    stereo.neighbor[slot++] = static_cast<AT_NUM>(bond->getOtherAtomIdx(atom.getIdx()));
  }
  // Moving the centre to the front of three neighbours is an odd permutation of RDKit's order.
  const bool even = degree == 4 ? clockwise : !clockwise;
  stereo.parity = even ? INCHI_PARITY_EVEN : INCHI_PARITY_ODD;
  return stereo;
}

std::optional<inchi_Stereo0D> convert_double_bond(const Bond& bond) {
  const auto& outer = bond.getStereoAtoms();
  if (bond.getStereo() <= Bond::STEREOANY || outer.size() < 2) return std::nullopt;
  const bool cis = bond.getStereo() == Bond::STEREOZ || bond.getStereo() == Bond::STEREOCIS;
  inchi_Stereo0D stereo{};
  stereo.neighbor[0] = static_cast<AT_NUM>(outer[0]);
  stereo.neighbor[1] = static_cast<AT_NUM>(bond.getBeginAtomIdx());
  stereo.neighbor[2] = static_cast<AT_NUM>(bond.getEndAtomIdx());
  stereo.neighbor[3] = static_cast<AT_NUM>(outer[1]);
  stereo.central_atom = NO_ATOM;
  stereo.type = INCHI_StereoType_DoubleBond;
  stereo.parity = cis ? INCHI_PARITY_ODD : INCHI_PARITY_EVEN;
  return stereo;
}

InchiStructure convert(const RDKit::ROMol& molecule) {
  if (molecule.getNumAtoms() > kMaxInchiAtoms) {
    throw Refusal{"InChI takes at most 1,023 atoms, the molecule has " + std::to_string(molecule.getNumAtoms())};
  }
  RDKit::RWMol mol(molecule);
  RDKit::MolOps::Kekulize(mol, false);
  merge_perchlorate(mol);
  InchiStructure out;
  out.atoms.resize(mol.getNumAtoms());
  for (const Atom* atom : mol.atoms()) {
    convert_atom(*atom, out.atoms[atom->getIdx()]);
    if (auto stereo = convert_center(*atom)) out.stereo.push_back(*stereo);
  }
  for (const Bond* bond : mol.bonds()) {
    convert_bond(*bond, out.atoms);
    if (auto stereo = convert_double_bond(*bond)) out.stereo.push_back(*stereo);
  }
  return out;
}

std::string first_line(const char* message) {
  const std::string text = message == nullptr ? "" : message;
  return text.substr(0, text.find('\n'));
}

std::string make_key(InchiStructure& structure) {
  std::string options = structure.stereo.empty() ? "-AuxNone -SNon -W60" : "-AuxNone -W60";
  inchi_Input input{};
  input.atom = structure.atoms.data();
  input.num_atoms = static_cast<AT_NUM>(structure.atoms.size());
  input.stereo0D = structure.stereo.empty() ? nullptr : structure.stereo.data();
  input.num_stereo0D = static_cast<AT_NUM>(structure.stereo.size());
  input.szOptions = options.data();
  inchi_Output output{};
  const InchiLease library;
  const int status = library->get_inchi(&input, &output);
  const std::string inchi = output.szInChI == nullptr ? "" : output.szInChI;
  const std::string message = first_line(output.szMessage);
  library->free_inchi(&output);
  MOLBRIDGE_CHECK(status != inchi_Ret_BUSY, "two callers in one copy of the InChI library");
  if ((status != inchi_Ret_OKAY && status != inchi_Ret_WARNING) || inchi.empty()) {
    throw Refusal{"InChI refused the structure" + (message.empty() ? std::string() : ": " + message)};
  }
  char key[29] = {};
  char unused1[65] = {};
  char unused2[65] = {};
  if (library->get_key(inchi.c_str(), 0, 0, key, unused1, unused2) != INCHIKEY_OK) {
    throw Refusal{"InChI made no key"};
  }
  return key;
}

}  // namespace

Result<std::string> inchikey(const Molecule& molecule) {
  return guarded([&] {
    InchiStructure structure = convert(*molecule.state().mol);
    return make_key(structure);
  });
}

Result<std::string> inchikey14(const Molecule& molecule) {
  auto key = inchikey(molecule);
  if (!key) return Failure{key.reason()};
  return key.value().substr(0, 14);
}

}  // namespace molbridge::chem
