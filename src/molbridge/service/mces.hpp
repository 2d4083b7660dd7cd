#pragma once
// Use case: myopic MCES distances of pairs of molecules.

#include <cstdint>
#include <string>

#include "molbridge/chem/mces.hpp"
#include "molbridge/core/progress.hpp"

namespace molbridge::service {

struct MeasureMcesOptions {
  std::string pairs;     ///< table whose first two columns are SMILES, with or without header; "-" is standard input
  std::string smiles_a;  ///< instead of `pairs`: one pair
  std::string smiles_b;
  std::string output = "-";
  chem::McesOptions mces;
  std::size_t threads = 1;
};

struct MeasureMcesReport {
  std::uint64_t pairs = 0;  ///< rows: measured + failed
  std::uint64_t failed = 0;
  std::uint64_t timed_out = 0;  ///< of the measured ones
  std::string first_failure;    ///< "line 3: ..."
};

/// Writes a TSV: the columns of the input, then `mces`, `kind` (chem::name) and `error`; every row of the input has one, in its order.
/// Structures are standardised. Streams. Errors: kUsage, kInput (a table that cannot be read), kOutput, kCancelled.
MeasureMcesReport measure_mces(const MeasureMcesOptions& options, Progress& progress);

}  // namespace molbridge::service
