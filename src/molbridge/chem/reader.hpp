#pragma once
// Streaming readers of structure files: SMILES (.smi), CSV/TSV with sniffed delimiter and header synonyms (MetFrag
// LocalCSV and PubChemLite unchanged), SDF; plain, .gz or standard input. They give text rows; standardising is the
// caller's step, so that it can run in parallel. Format page: docs/formats/molecules.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge::chem {

enum class MoleculeFormat { kAuto, kSmiles, kDelimited, kSdf };

struct MoleculeReadOptions {
  MoleculeFormat format = MoleculeFormat::kAuto;
  std::string
      smiles_column;        ///< empty: the first synonym found (SMILES, Smiles, canonical_smiles, IsomericSMILES, ...)
  std::string name_column;  ///< empty: synonyms (CompoundName, Name, Title, ...)
  std::string id_column;    ///< empty: synonyms (Identifier, CID, PubChemCID, ChEBI ID, DTXSID, ...)
};

/// One structure as the file gives it. Exactly one of `smiles` and `molblock` is set. `failure` is set instead when the
/// row itself is broken (too few columns, unterminated quote); then only `line` is meaningful.
struct MoleculeRow {
  std::uint64_t line = 0;  ///< first line of the row, from 1
  std::string smiles;
  std::string molblock;
  std::string name;
  std::string id;
  std::string source;  ///< value of a source/database column if there is one
  std::optional<std::string> failure;
};

/// Not thread-safe. Errors: kInput when the file cannot be read, is truncated (gz), or has no SMILES column; the
/// message names the columns found and the option that names one.
class MoleculeReader {
 public:
  virtual ~MoleculeReader() = default;
  virtual std::optional<MoleculeRow> next() = 0;
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

std::unique_ptr<MoleculeReader> open_molecules(const std::string& path, const MoleculeReadOptions& options = {});

}  // namespace molbridge::chem
