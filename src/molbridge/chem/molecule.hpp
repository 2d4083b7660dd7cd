#pragma once
// Molecules: the only gate through which a structure enters. RDKit and InChI stay behind it.
//
// Every SMILES, truth, decoy, bank row, training target or query, goes through standardize(), so that one molecule has
// one spelling everywhere. A molecule is judged by its InChIKey first block, never by string equality.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "molbridge/core/result.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::chem {

struct StandardizeOptions {
  bool keep_stereo = false;  ///< default: stereo removed, as MS/MS does not see it
};

/// An immutable sanitised structure. Cheap to copy (shared). Threads: const use is safe.
class Molecule {
 public:
  /// Parses SMILES as given: sanitised, nothing else changed. For the leak audit and tests; everything else uses
  /// standardize().
  static Result<Molecule> from_smiles(std::string_view smiles);
  /// From a MOL block (SDF record).
  static Result<Molecule> from_molblock(std::string_view block);

  std::string smiles() const;        ///< RDKit canonical, with what stereo there is
  mass::Formula formula() const;     ///< with hydrogens, isotopes and net charge
  double monoisotopic_mass() const;  ///< u, of the formula; electron mass counted for ions
  int num_heavy_atoms() const;
  int formal_charge() const;
  std::string murcko_scaffold() const;  ///< canonical SMILES of the Murcko scaffold, "" for acyclic molecules

  struct State;
  const State& state() const { return *state_; }
  explicit Molecule(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

/// One spelling: largest fragment by heavy atoms (then mass, then SMILES), charges neutralised where protons do it,
/// stereo removed unless asked, isotopes kept, explicit hydrogens removed. Idempotent: standardising the result's
/// SMILES gives the same SMILES (tested). Errors as values: what does not parse, is empty, or breaks valence rules.
Result<Molecule> standardize(std::string_view smiles, const StandardizeOptions& options = {});
Result<Molecule> standardize(const Molecule& molecule, const StandardizeOptions& options = {});

/// Standard InChIKey (27 characters) through the InChI library, from the structure without stereo when it has none.
/// Errors as values: structures that InChI refuses. Cost: about 0.3 ms, the slowest step of an import.
Result<std::string> inchikey(const Molecule& molecule);
/// First block, 14 characters: the identity of a molecule in this project.
Result<std::string> inchikey14(const Molecule& molecule);

/// "RDKit 2022.09.3, InChI 1.05": stands in manifests, since canonical SMILES may differ between versions.
std::string toolkit_version();

}  // namespace molbridge::chem
