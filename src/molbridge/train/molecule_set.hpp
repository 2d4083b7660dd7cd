#pragma once
// Molecules to pre-train on: millions of rows read quickly, those of held-out compounds left out, a seeded sample drawn, each molecule once.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::train {

/// What may not be trained on.
struct HeldOutCompounds {
  std::set<std::string> inchikeys;  ///< first blocks
  std::set<std::string> formulas;   ///< Hill; empty unless they count too
};

/// Of the structures in files of spectra (MGF, MSP, mzML ... with SMILES) or of molecules (SMILES, CSV, TSV, SDF). Structures that cannot be
/// standardised hold out nothing. Errors: kInput for files that cannot be read; kUsage for a file without any structure.
HeldOutCompounds held_out_compounds(const std::vector<std::string>& files, bool with_formulas, std::size_t threads,
                                    Progress& progress);

struct MoleculeSetOptions {
  std::vector<std::string> files;  ///< of molecules
  /// The files are tables whose SMILES are standardised already, with a column of InChIKeys (and of formulas, where these are held out): rows are taken as
  /// they stand, but for those with charges, stereo or fragments, which are standardised, and a sample of `checked` rows is held against
  /// chem::standardize. Else each drawn row is standardised.
  bool standardized = false;
  std::size_t checked = 1000;
  HeldOutCompounds held_out;
  std::int64_t limit = 0;  ///< rows drawn at random; 0: all
  std::uint64_t seed = 1;
  std::size_t threads = 1;
};

struct MoleculeSet {
  std::vector<std::string> smiles;  ///< standardised, one per InChIKey first block, in the order of the files
  DatasetCounts counts;             ///< of rows; read == used + skipped
};

/// Rows of held-out compounds are left out before the draw where the table names them, else after it. Errors: kInput for unreadable files, for tables
/// without the columns needed, and for a sample with another spelling, InChIKey or formula than the table says; kUsage when nothing is left.
/// Cost: 1.5 us a row and 0.1 KB of memory with `standardized`, 0.5 ms a drawn row without.
MoleculeSet load_molecule_set(const MoleculeSetOptions& options, Progress& progress);

}  // namespace molbridge::train
