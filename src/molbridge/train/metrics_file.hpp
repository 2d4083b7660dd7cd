#pragma once
// metrics.tsv of a run: one row per logged step, append-only, cut back to the checkpoint on resume.

#include <cstdint>
#include <fstream>
#include <string>

namespace molbridge::train {

struct MetricsRow {
  std::int64_t step = 0;
  double epoch = 0;
  double loss = 0;
  double learning_rate = 0;
  double gradient_norm = 0;
};

/// Not thread-safe. Errors: kOutput.
class MetricsFile {
 public:
  /// Keeps the rows of steps up to `last_step` of an existing file.
  MetricsFile(std::string path, std::int64_t last_step);
  void append(const MetricsRow& row);

 private:
  std::string path_;
  std::ofstream out_;
};

}  // namespace molbridge::train
