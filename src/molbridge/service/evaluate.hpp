#pragma once
// Use case: how well a model ranks the truth among candidates, honestly. docs/evaluation.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/eval/ranking.hpp"

namespace molbridge::service {

struct EvaluateOptions {
  std::vector<std::string> spectra;
  std::string model;  ///< empty: the shipped one
  std::string bank;   ///< with `pool`; empty: the example bank
  std::string pool;   ///< "formula" or "ppm"; empty with `candidates`
  double ppm = 10;
  std::string convention = "honest";  ///< or "released", which needs `candidates` and a model that has one
  std::string candidates;             ///< JSON file of candidate lists, instead of a bank
  bool first_is_truth = false;        ///< spectra without a structure take the first candidate of their list as truth
  std::string output = "-";           ///< JSON report
  std::string per_query;              ///< TSV of every query's outcome; empty: none
  std::uint64_t seed = 1;             ///< of the bootstrap
  int resamples = 10000;
  std::size_t threads = 1;
};

struct EvaluateReport {
  eval::Summary all;
  std::vector<std::pair<std::string, eval::Summary>> by_novelty;  ///< empty where the training molecules are unknown
  std::uint64_t unlabelled = 0;
  std::uint64_t truth_added = 0;  ///< queries whose truth was not in its pool
  std::vector<std::pair<std::string, std::uint64_t>> skip_reasons;
  std::string warning;  ///< to be said before the figures; "" for none
};

/// Writes the report to `output`. Errors: kUsage for contradictory options, kInput, kModel, kOutput.
EvaluateReport evaluate(const EvaluateOptions& options, Progress& progress);

}  // namespace molbridge::service
