#pragma once
// What a user knows of molecules before any spectrum: counts of a table by InChIKey first block, added to the score with a weight. Never used
// unless asked for, and named by every result that it touched. Private to the service.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "molbridge/bank/bank.hpp"

namespace molbridge::service {

/// Threads: const use is safe.
struct Prior {
  std::string file, column, digest;  ///< digest: SHA-256 of the file
  double weight = 0;
  std::uint64_t molecules = 0;  ///< of the table
  std::unordered_map<std::uint64_t, double>
      of_row;  ///< values by row of the bank; the largest where a block stands twice

  std::optional<double> value(std::uint64_t row) const;
  /// weight * ln(1 + value); 0 for molecules that the table lacks.
  double bonus(std::uint64_t row) const;
};

/// A TSV or CSV file, plain or gzip, with a column inchikey14 and `column`. Cost: a look-up in the bank per row. Errors: kInput with the line
/// for a value that is no number of 0 or more; kUsage for a weight that is not finite.
Prior read_prior(const std::string& file, const std::string& column, double weight, const bank::Bank& bank);

}  // namespace molbridge::service
