#pragma once
// Use case: the pools of an evaluation as a candidate file, so that they can be shared and used again with a model of any space.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"

namespace molbridge::service {

struct PoolExportOptions {
  std::vector<std::string> spectra;
  std::string bank;
  std::string pool;  ///< "formula" or "ppm"
  double ppm = 10;
  std::uint64_t cap = 0;   ///< molecules per pool at most, the truth included; 0: all
  std::uint64_t seed = 1;  ///< of the cap and of the order of a list
  std::string output = "-";
  std::size_t threads = 1;
};

struct PoolExportReport {
  std::uint64_t compounds = 0;
  std::uint64_t molecules = 0;    ///< over all pools
  std::uint64_t truth_added = 0;  ///< truths that the bank does not have
  std::uint64_t unusable = 0;     ///< records whose structure or spectrum cannot be used; no list has them
};

/// Writes {truth: [candidates]}: standardised SMILES, the truth among the candidates, lists shuffled by the seed. `evaluate --candidates`
/// with this file gives the ranks of `evaluate --bank` with the same options. Errors: kUsage, kInput, kModel, kOutput.
PoolExportReport export_pools(const PoolExportOptions& options, Progress& progress);

}  // namespace molbridge::service
