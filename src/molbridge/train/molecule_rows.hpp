#pragma once
// Rows of molecule files as they stand, with the identity that a table states beside the SMILES. Private to load_molecule_set().

#include <functional>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"

namespace molbridge::train {

struct MoleculeTableRow {
  std::string smiles;
  std::string inchikey14;  ///< empty unless a table says
  std::string formula;     ///< empty unless a table says
  const std::string* file = nullptr;
  std::uint64_t line = 0;
};

/// Calls visit(row) for every row, with a reason instead where the row is broken. Errors: kInput.
using RowVisitor = std::function<void(MoleculeTableRow& row, const std::string& failure)>;

/// Any molecule file; MOL blocks are given as their SMILES.
void read_molecule_rows(const std::vector<std::string>& files, Progress& progress, const RowVisitor& visit);
/// Tables with a header, their columns of InChIKeys and (with `formulas`) formulas. Errors: kInput where one is missing, with the columns found.
void read_stated_rows(const std::vector<std::string>& files, bool formulas, Progress& progress,
                      const RowVisitor& visit);

}  // namespace molbridge::train
