#pragma once
// Reads a whole bank and verifies what opening takes on trust. For `molbridge bank info --check`. Format page:
// docs/formats/bank.md.

#include <cstdint>
#include <string>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/progress.hpp"

namespace molbridge::bank {

struct CheckReport {
  Manifest manifest;
  std::uint64_t bytes = 0;  ///< of the three data files
};

/// Digests of the files, SQLite's integrity check, every record, order and uniqueness of the rows, finite masses and
/// embeddings. Errors: kModel with the file and the first thing that is wrong; kCancelled. Cost: every byte twice; some
/// 10 s for 2.5 million rows of 4096 bits. Memory does not grow with the bank.
CheckReport deep_check(const std::string& folder, Progress& progress = no_progress());

}  // namespace molbridge::bank
