#include "molbridge/chem/rdkit_state.hpp"

#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/SanitException.h>
#include <GraphMol/SmilesParse/SmilesWrite.h>
#include <RDGeneral/Exceptions.h>
#include <RDGeneral/Invariant.h>
#include <RDGeneral/types.h>

#include <algorithm>
#include <new>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::chem {
namespace {

/// One line, at most 200 characters, printable: library messages can carry the input.
std::string clean_reason(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (text.size() > 200) text = text.substr(0, 197) + "...";
  return text.empty() ? "the structure is not valid" : text;
}

}  // namespace

std::string describe_current_exception() {
  try {
    throw;
  } catch (const Refusal& refusal) {
    return refusal.reason;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const RDKit::MolSanitizeException& error) {
    return clean_reason(error.what());
  } catch (const Invar::Invariant& error) {
    return clean_reason(std::string("RDKit could not handle the structure: ") + error.what());
  } catch (const std::exception& error) {
    return clean_reason(error.what());
  } catch (...) {
    return "the structure is not valid";
  }
}

void sanitize(RDKit::RWMol& mol) {
  unsigned int failed = 0;
  constexpr unsigned int kSteps =
      RDKit::MolOps::SANITIZE_ALL &
      ~static_cast<unsigned int>(RDKit::MolOps::SANITIZE_SETCONJUGATION | RDKit::MolOps::SANITIZE_SETHYBRIDIZATION |
                                 RDKit::MolOps::SANITIZE_CLEANUPCHIRALITY);
  RDKit::MolOps::sanitizeMol(mol, failed, kSteps);
  // Once more on the final bonds: "n(Cc=1)" passes as aromatic and ends as a neutral nitrogen with four bonds.
  for (RDKit::Atom* atom : mol.atoms()) atom->calcExplicitValence(true);
}

void remove_hydrogens_and_sanitize(RDKit::RWMol& mol) {
  bool any = false;
  for (const RDKit::Atom* atom : mol.atoms()) any = any || atom->getAtomicNum() == 1;
  if (any) RDKit::MolOps::removeHs(mol, false, true, false);
  sanitize(mol);
}

void strip_stereo(RDKit::RWMol& mol) {
  namespace props = RDKit::common_properties;
  for (RDKit::Atom* atom : mol.atoms()) {
    atom->setChiralTag(RDKit::Atom::CHI_UNSPECIFIED);
    for (const std::string* key : {&props::_CIPCode, &props::_ChiralityPossible, &props::_chiralPermutation,
                                   &props::molParity, &props::_ringStereoAtoms}) {
      atom->clearProp(*key);
    }
  }
  for (RDKit::Bond* bond : mol.bonds()) {
    bond->setBondDir(RDKit::Bond::NONE);
    bond->getStereoAtoms().clear();
    bond->setStereo(RDKit::Bond::STEREONONE);
  }
  mol.setStereoGroups({});
}

void perceive_stereo(RDKit::RWMol& mol, bool with_stereo) {
  if (with_stereo) {
    RDKit::MolOps::setConjugation(mol);
    RDKit::MolOps::setHybridization(mol);
    RDKit::MolOps::cleanupChirality(mol);
    RDKit::MolOps::assignStereochemistry(mol, true, true);
  } else {
    mol.setProp(RDKit::common_properties::_StereochemDone, 1);  // spares every later call the search
  }
}

std::string canonical_smiles(const RDKit::ROMol& mol) { return RDKit::MolToSmiles(mol); }

Molecule make_molecule(std::unique_ptr<RDKit::RWMol> mol) {
  mol->clearConformers();
  auto state = std::make_shared<Molecule::State>();
  state->smiles = canonical_smiles(*mol);
  state->mol = std::move(mol);
  return Molecule(std::move(state));
}

}  // namespace molbridge::chem
