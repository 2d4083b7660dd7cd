#pragma once
// Use case: does a query and candidate set give its answers away? docs/audit.md.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/eval/leak.hpp"

namespace molbridge::service {

struct AuditOptions {
  std::vector<std::string> spectra;
  std::string candidates;  ///< JSON file of candidate lists ...
  std::string bank;        ///< ... or a bank with `pool`
  std::string pool;        ///< "formula" or "ppm"
  double ppm = 10;
  bool first_is_truth = false;     ///< spectra without a structure take the first candidate of their list as truth
  std::string model;               ///< empty: the checks that need one are not run
  std::vector<std::string> train;  ///< spectra that a model was trained on; empty: not compared
  std::string output;              ///< JSON report; empty: none
  std::string per_query;           ///< TSV, a row per compound that has a list; empty: none
  std::uint64_t seed = 1;
  int resamples = 2000;
  int permutations = 5;  ///< of spectra among compounds
  std::size_t threads = 1;
};

struct AuditReport {
  std::vector<eval::LeakCheck> checks;
  std::uint64_t queries = 0, compounds = 0;  ///< that have a list
  std::uint64_t unlabelled = 0;              ///< spectra without a structure
  std::vector<std::pair<std::string, std::uint64_t>> skip_reasons;
  std::uint64_t candidates = 0;  ///< distinct strings
  std::uint64_t count(eval::Verdict verdict) const;
};

/// Writes report and table where asked. Memory: about 1.5 KB per distinct candidate. Errors: kUsage for contradictory options, kInput
/// (also when no query has a list), kModel, kOutput.
AuditReport audit(const AuditOptions& options, Progress& progress);

}  // namespace molbridge::service
