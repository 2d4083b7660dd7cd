#pragma once
// Where the answers of a run go: through a writer into a file or to standard output, counted on the way. Shared by identify, search and
// link. Not thread-safe.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/service/output.hpp"
#include "molbridge/service/reason_tally.hpp"
#include "molbridge/service/result_writer.hpp"

namespace molbridge::service {

class ResultSink {
 public:
  /// `path`: file, "-" for standard output, "" for nowhere. Writes the header. Errors: kOutput.
  ResultSink(std::string path, ResultFormat format, const ResultLayout& layout, Provenance provenance);

  /// Answers in the order in which they are to be written; sets their query_index.
  void add(Answer& answer);
  /// Footer, commit and, for a TSV in a file, "<path>.run.json". Without it a file is not touched.
  void finish();

  ResultTotals& totals() { return totals_; }
  const ResultTotals& totals() const { return totals_; }
  std::vector<ReasonGroup> skip_reasons() const { return skip_reasons_.groups(); }

 private:
  std::string path_;
  ResultFormat format_;
  Provenance provenance_;
  ResultTotals totals_;
  ReasonTally skip_reasons_;
  std::unique_ptr<ResultWriter> writer_;
  std::unique_ptr<Output> output_;
};

/// "run.mgf:40 (scan 12)".
std::string where(const Answer& answer);

}  // namespace molbridge::service
