#pragma once
// Spectra or structure tables as the items of a split: every record, with the molecule it is of. Private to the service.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/reader.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/spectra/reader.hpp"

namespace molbridge::service {

/// One record of an input, in the order of the inputs.
struct SplitRecord {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t input = 0;  ///< index of the file
  std::uint64_t line = 0;
  std::string id;
  std::string fold;              ///< what the record itself says (field or column "fold"), "" if nothing
  std::size_t molecule = kNone;  ///< index into SplitInputs::molecules
  std::string reason;            ///< why there is no molecule
};

/// One per InChIKey first block; the structure is that of the first record.
struct SplitMolecule {
  std::string inchikey14;
  chem::Molecule molecule;
};

struct SplitInputs {
  std::vector<std::string> files;
  std::vector<bool> are_spectra;  ///< per file
  std::vector<SplitRecord> records;
  std::vector<SplitMolecule> molecules;
};

struct SplitReadOptions {
  std::vector<std::string> files;
  std::string kind = "auto";  ///< "spectra", "molecules", "auto": spectra where a spectra format fits
  std::string smiles_column;  ///< of tables
  std::string fold_column;    ///< of tables whose folds are checked
  std::size_t threads = 1;
};

/// Structures are standardised; equal spellings are parsed once. Errors: kInput for a file that cannot be read, kCancelled.
SplitInputs read_split_inputs(const SplitReadOptions& options, Progress& progress);

/// Reads the files once more, for writing them by fold: `spectrum` or `row` is called for every record, in the order of the first pass, with its
/// index there. Errors: kInput where a file has changed in between.
void read_split_inputs_again(const SplitReadOptions& options, const SplitInputs& inputs,
                             const std::function<void(std::size_t record, const spectra::Spectrum&)>& spectrum,
                             const std::function<void(std::size_t record, const chem::MoleculeRow&)>& row);

}  // namespace molbridge::service
