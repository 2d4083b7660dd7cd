#pragma once
// Use case: the curves of training runs as a figure, and their best values as a table. docs/training.md, "Curves".

#include <string>
#include <vector>

#include "molbridge/service/result_table.hpp"

namespace molbridge::service {

struct RunReportOptions {
  std::vector<std::string> runs;     ///< folders
  std::vector<std::string> labels;   ///< one per run, or none; runs of one label have one colour
  std::vector<std::string> metrics;  ///< empty: all that any run has
  std::vector<std::string> log;      ///< metrics with a logarithmic axis
  std::string x = "step";            ///< or "epoch", "seconds"
  std::uint64_t smooth = 1;          ///< rows of metrics.tsv to average over
};

/// Figure: a panel per metric, a curve per run. Tables: "curves" (run, metric, points, first, last, best). Errors: kUsage for a metric
/// that no run has; kInput, from run_curves.hpp.
Analysis report_runs(const RunReportOptions& options);

struct StabilityOptions {
  std::vector<std::string> runs;
  std::vector<std::string> labels;  ///< runs of one label are seeds of one objective
  std::string metric = "validation.mrr";
  std::string x = "step";
};

/// How smoothly a validation metric rose. Tables: "runs", and "labels" with means over the runs of a label. Errors as above.
Analysis analyze_stability(const StabilityOptions& options);

}  // namespace molbridge::service
