#pragma once
// Rows of structure files -> standardised, encoded molecules, in parallel. Private to the service.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/reader.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"

namespace molbridge::service {

/// The one spelling of a row's structure.
Result<chem::Molecule> standardized_molecule(const chem::MoleculeRow& row, const chem::StandardizeOptions& options);

/// Shapes: out [molecules, D]. Threads: works on `threads` threads.
std::vector<std::uint8_t> encode_molecules(const encoders::MoleculeEncoder& encoder,
                                           std::span<const chem::Molecule> molecules, std::size_t threads,
                                           std::span<float> out);

/// A row and the file it is of; the name is shared by all rows of a file.
struct SourceRow {
  std::shared_ptr<const std::string> file;
  chem::MoleculeRow row;
};

/// What became of a row: a record and its vector, or a reason.
struct ImportedRow {
  bank::MoleculeRecord record;
  std::string rejected;   ///< empty when the record is good
  bool left_out = false;  ///< not wanted: neither a record nor rejected
};

/// A batch in the order of the input. Vectors of rejected rows are unspecified.
struct ImportedBatch {
  std::vector<ImportedRow> rows;
  std::vector<std::uint8_t> bits;  ///< [B * D/8] when the bank stores bits
  std::vector<float> vectors;      ///< [B * D] otherwise
};

struct ImportOptions {
  std::shared_ptr<const encoders::MoleculeEncoder> encoder;
  chem::StandardizeOptions standardize;
  bool as_bits = false;
  std::size_t threads = 1;
  /// Asked before a molecule is named and encoded, from several threads; empty: all are wanted.
  std::function<bool(const chem::Molecule&)> wanted;
};

/// Threads: works on options.threads threads, the outcome does not depend on how many. Errors: kCancelled.
ImportedBatch import_molecules(const std::vector<SourceRow>& rows, const ImportOptions& options);

}  // namespace molbridge::service
