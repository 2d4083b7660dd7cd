#pragma once
// Private to chem: the reader of each format. The formats: docs/formats/molecules.md.

#include <memory>

#include "molbridge/chem/reader.hpp"
#include "molbridge/core/line_source.hpp"

namespace molbridge::chem {

std::unique_ptr<MoleculeReader> make_smiles_reader(std::unique_ptr<LineSource> lines,
                                                   const MoleculeReadOptions& options);
/// Throws kInput when the header has no SMILES column.
std::unique_ptr<MoleculeReader> make_delimited_reader(std::unique_ptr<LineSource> lines,
                                                      const MoleculeReadOptions& options);
std::unique_ptr<MoleculeReader> make_sdf_reader(std::unique_ptr<LineSource> lines, const MoleculeReadOptions& options);

/// open_molecules() over an open source.
std::unique_ptr<MoleculeReader> make_reader(std::unique_ptr<LineSource> lines, const MoleculeReadOptions& options);

/// From the name's ending and the first bytes. Throws kInput for what is none of the formats.
MoleculeFormat detect_format(const std::string& name, std::string_view head, const MoleculeReadOptions& options);

/// A first line of a .smi file that names its columns.
bool is_smiles_header(std::string_view line);

}  // namespace molbridge::chem
