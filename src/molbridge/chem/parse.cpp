// The way in: text to an RDKit molecule within limits.

#include <GraphMol/FileParsers/FileParsers.h>
#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/SmilesParse/SmilesParse.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string>

#include "molbridge/chem/rdkit_state.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::chem {
namespace {

constexpr int kMaxCharge = 20;
constexpr unsigned int kMaxDegree = 30;

void check_text(std::string_view smiles) {
  if (smiles.empty()) throw Refusal{"empty SMILES"};
  if (smiles.size() > kMaxSmilesLength) {
    throw Refusal{"SMILES of " + format_count(smiles.size()) + " characters (limit " + format_count(kMaxSmilesLength) +
                  ")"};
  }
  for (std::size_t i = 0; i < smiles.size(); ++i) {
    const auto c = static_cast<unsigned char>(smiles[i]);
    if (c < 0x20 || c > 0x7e) {
      throw Refusal{"not a SMILES: character code " + std::to_string(c) + " at position " + std::to_string(i + 1)};
    }
  }
}

void check_atom(const RDKit::Atom& atom) {
  if (atom.getAtomicNum() == 0) throw Refusal{"contains a wildcard atom or R group"};
  if (atom.hasQuery()) throw Refusal{"contains a query atom"};
  if (std::abs(atom.getFormalCharge()) > kMaxCharge) {
    throw Refusal{"atom with charge " + std::to_string(atom.getFormalCharge())};
  }
  if (atom.getDegree() > kMaxDegree) throw Refusal{"atom with " + std::to_string(atom.getDegree()) + " bonds"};
  const auto isotope = static_cast<int>(atom.getIsotope());
  if (isotope != 0 && !mass::nuclide_mass({atom.getAtomicNum(), isotope})) {
    throw Refusal{"unknown isotope [" + std::to_string(isotope) + atom.getSymbol() + "]"};
  }
}

void check_bond(const RDKit::Bond& bond) {
  switch (bond.getBondType()) {
    case RDKit::Bond::SINGLE:
    case RDKit::Bond::DOUBLE:
    case RDKit::Bond::TRIPLE:
    case RDKit::Bond::AROMATIC:
    case RDKit::Bond::DATIVE:
      if (!bond.hasQuery()) return;
      break;
    default: break;
  }
  throw Refusal{"contains a bond without a definite order"};
}

/// RDKit reserves what a V3000 counts line asks for; V2000 has three digits only.
void check_counts(std::string_view block) {
  constexpr std::string_view kCounts = "M  V30 COUNTS";
  const auto lines = static_cast<std::int64_t>(std::count(block.begin(), block.end(), '\n')) + 1;
  for (std::size_t at = block.find(kCounts); at != std::string_view::npos; at = block.find(kCounts, at + 1)) {
    const std::string_view rest = block.substr(at + kCounts.size());
    for (const std::string_view number : split_whitespace(rest.substr(0, rest.find('\n')))) {
      const auto count = parse_int(trim(number));
      if (!count || *count < 0 || *count > lines) throw Refusal{"the counts line promises more than the MOL block has"};
    }
  }
}

}  // namespace

void check_limits(const RDKit::RWMol& mol) {
  const auto atoms = static_cast<int>(mol.getNumAtoms());
  const auto heavy = static_cast<int>(mol.getNumHeavyAtoms());
  if (heavy == 0) throw Refusal{"no atom heavier than hydrogen"};
  if (heavy > kMaxHeavyAtoms || atoms > kMaxAtoms) {
    throw Refusal{format_count(static_cast<std::uint64_t>(heavy)) + " heavy atoms (limit " +
                  format_count(kMaxHeavyAtoms) + ")"};
  }
  if (static_cast<int>(mol.getNumBonds()) - atoms + 1 > kMaxRings) {
    throw Refusal{"more than " + std::to_string(kMaxRings) + " rings"};
  }
  for (const RDKit::Atom* atom : mol.atoms()) check_atom(*atom);
  for (const RDKit::Bond* bond : mol.bonds()) check_bond(*bond);
}

std::unique_ptr<RDKit::RWMol> parse_smiles_raw(std::string_view text) {
  const std::string_view smiles = trim(text);
  check_text(smiles);
  const std::size_t space = smiles.find(' ');
  const bool extended = space != std::string_view::npos && smiles.substr(space + 1).starts_with('|');
  if (space != std::string_view::npos && !extended) throw Refusal{"not a SMILES: contains a space"};

  RDKit::SmilesParserParams params;
  params.sanitize = false;
  params.removeHs = false;
  params.parseName = false;
  params.allowCXSMILES = extended;
  std::unique_ptr<RDKit::RWMol> mol(RDKit::SmilesToMol(std::string(smiles), params));
  if (!mol) throw Refusal{diagnose_smiles(smiles.substr(0, space))};
  check_limits(*mol);
  for (RDKit::Atom* atom : mol->atoms()) atom->setAtomMapNum(0);
  return mol;
}

std::unique_ptr<RDKit::RWMol> parse_molblock(std::string_view block) {
  if (block.size() > kMaxMolBlockLength) throw Refusal{"MOL block of more than 4 MiB"};
  check_counts(block);
  const std::string text(block);
  const auto read = [&](bool perceive) {
    std::unique_ptr<RDKit::RWMol> mol(RDKit::MolBlockToMol(text, perceive, perceive, false));
    if (!mol) throw Refusal{"not a MOL block"};
    return mol;
  };
  try {
    check_limits(*read(false));  // the limits must hold before the graph algorithms run
    auto mol = read(true);
    for (RDKit::Atom* atom : mol->atoms()) atom->setAtomMapNum(0);
    return mol;
  } catch (const std::bad_alloc&) {
    throw Refusal{"the MOL block asks for more memory than there is"};
  } catch (const std::length_error&) {
    throw Refusal{"the MOL block asks for more memory than there is"};
  }
}

}  // namespace molbridge::chem
