#pragma once
// Private to chem: what a Molecule holds, and the limits and checks every structure passes on its way in.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "molbridge/chem/molecule.hpp"

namespace RDKit {
class ROMol;
class RWMol;
}  // namespace RDKit

namespace molbridge::chem {

// Hostile input is refused before the graph algorithms see it: some of them recurse per atom or grow faster than
// linearly.
inline constexpr std::size_t kMaxSmilesLength = 20'000;
inline constexpr std::size_t kMaxMolBlockLength = std::size_t{4} << 20;
inline constexpr int kMaxHeavyAtoms = 2'000;
inline constexpr int kMaxAtoms = 6'000;  // with explicit hydrogens
inline constexpr int kMaxRings = 500;    // bonds - atoms + fragments

/// `mol` is sanitised and never changes, so that const use from several threads is safe: RDKit keeps caches in some
/// const calls (canonical SMILES among them), hence `smiles` is made once, by the constructor's caller.
struct Molecule::State {
  std::shared_ptr<const RDKit::ROMol> mol;
  std::string smiles;
};

/// Thrown inside chem for a structure that is refused; guarded() turns it and every RDKit exception into a Failure.
struct Refusal {
  std::string reason;
};

/// The reason of the exception that is being handled. Call only from a catch block. Rethrows our own Error and
/// bad_alloc.
std::string describe_current_exception();

template <typename Function>
auto guarded(const Function& function) -> Result<decltype(function())> {
  try {
    return function();
  } catch (...) {
    return Failure{describe_current_exception()};
  }
}

/// Not sanitised, hydrogens as written. Throws Refusal.
std::unique_ptr<RDKit::RWMol> parse_smiles_raw(std::string_view smiles);
/// Sanitised, hydrogens removed, stereo perceived from coordinates.
std::unique_ptr<RDKit::RWMol> parse_molblock(std::string_view block);
/// Size and contents: throws Refusal for what no molecule of ours may have (wildcards, unknown isotopes, too large).
void check_limits(const RDKit::RWMol& mol);
/// Where a SMILES that does not parse is wrong, as far as brackets, rings and characters tell.
std::string diagnose_smiles(std::string_view smiles);

/// Perception as far as this module needs it (no conjugation, no hybridisation): about a tenth cheaper.
void sanitize(RDKit::RWMol& mol);
/// Removes explicit hydrogens that carry nothing (isotopes, bridges and charges stay) and sanitises.
void remove_hydrogens_and_sanitize(RDKit::RWMol& mol);
/// Every trace of stereo: tags, bond directions, stereo groups, stored codes.
void strip_stereo(RDKit::RWMol& mol);
/// Requires a sanitised molecule. Perceives stereo when `with_stereo`.
void perceive_stereo(RDKit::RWMol& mol, bool with_stereo);
/// Canonical SMILES with isotopes and with what stereo `mol` carries.
std::string canonical_smiles(const RDKit::ROMol& mol);
/// Rings, the chains between them, and what is double-bonded to either; properties and rings are not perceived. Requires a molecule with rings.
std::unique_ptr<RDKit::RWMol> cut_to_murcko_scaffold(const RDKit::ROMol& mol);
/// Takes a finished molecule.
Molecule make_molecule(std::unique_ptr<RDKit::RWMol> mol);

}  // namespace molbridge::chem
