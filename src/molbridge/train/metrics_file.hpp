#pragma once
// metrics.tsv and validation.tsv of a run: one row per logged step, append-only, cut back to the checkpoint on resume.

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace molbridge::train {

using NamedValues = std::vector<std::pair<std::string, double>>;

/// Columns: step, epoch, then those of the first row. Not thread-safe. Errors: kOutput.
class MetricsFile {
 public:
  /// Keeps the rows of steps up to `last_step` of an existing file.
  MetricsFile(std::string path, std::int64_t last_step);
  /// Requires the names of the file's first row, in their order.
  void append(std::int64_t step, double epoch, const NamedValues& values);

 private:
  std::string path_;
  std::string header_;  ///< empty until the first row
  std::ofstream out_;
};

}  // namespace molbridge::train
