#pragma once
// What a training run wrote while it went: metrics.tsv and validation.tsv of its folder. Format: docs/formats/checkpoint.md.

#include <optional>
#include <string>
#include <vector>

namespace molbridge::service {

/// Numbers by column. A cell that is empty or "nan" is NaN.
struct CurveTable {
  std::string path;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  ///< [column][row]

  const std::vector<double>* find(const std::string& column) const;
};

/// A file that is being written, or was cut off, is read to its last whole row. Errors: kInput with file and line for a row that
/// has other columns or holds something else than numbers.
CurveTable read_curve_table(const std::string& path);

struct Curve {
  std::vector<double> x, y;
};

struct RunCurves {
  std::string folder;
  std::string label;
  CurveTable training;    ///< metrics.tsv
  CurveTable validation;  ///< validation.tsv; no columns where the run has none

  /// Measured quantities: "loss" of training, "validation.mrr" of validation.
  std::vector<std::string> metrics() const;
  /// `metric` as above, or without a prefix, which looks in training first. `x`: "step", "epoch" or "seconds". nullopt when the run does
  /// not have the metric. Errors: kInput when it has, but not that x.
  std::optional<Curve> curve(const std::string& metric, const std::string& x) const;
};

/// Labels: `labels`, or, where these are empty, the shortest ends of the folders' paths that tell them apart. Errors: kUsage when there
/// are labels but not one per run; kInput when a folder has neither file.
std::vector<RunCurves> read_runs(const std::vector<std::string>& folders, const std::vector<std::string>& labels);

}  // namespace molbridge::service
