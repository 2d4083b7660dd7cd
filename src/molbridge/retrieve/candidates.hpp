#pragma once
// Where the candidates of a query come from: rows of a bank, by mass window or by formula. Threads: const use is safe.

#include <cstdint>
#include <optional>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/retrieve/query.hpp"

namespace molbridge::retrieve {

/// Window of the mass of a molecule's atoms (u) for a precursor that may be off by `tolerance`, which is one of the
/// m/z, as instruments err, not of the mass.
mass::Tolerance::Window mass_window(const mass::Adduct& adduct, double precursor_mz, const mass::Tolerance& tolerance);

/// Rows whose ion under that adduct lies within the tolerance of the precursor, ascending; permanent ions of the bank
/// count with their electrons. Cost: two binary searches, and the records of the rows next to the ends of the window.
std::vector<std::uint64_t> rows_in_window(const bank::Bank& bank, const mass::Adduct& adduct, double precursor_mz,
                                          const mass::Tolerance& tolerance);

/// False where rows_in_window() certainly gives nothing. Cost: two binary searches.
bool may_have_rows(const bank::Bank& bank, const mass::Adduct& adduct, double precursor_mz,
                   const mass::Tolerance& tolerance);

/// Candidates of a query: for each of its hypotheses the rows, ascending; by the formula of the options if there is
/// one.
std::vector<std::vector<std::uint64_t>> candidate_rows(const bank::Bank& bank, const Query& query,
                                                       const QueryOptions& options);

/// Mass of the atoms of a record, u: for a permanent ion its electrons are put back.
double atom_mass(const bank::MoleculeRecord& record);

}  // namespace molbridge::retrieve
