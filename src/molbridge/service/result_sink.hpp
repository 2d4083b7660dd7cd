#pragma once
// Where the answers of a run go: through a writer into a file or to standard output, counted on the way. Shared by identify, search and
// link. Not thread-safe.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/service/answer_spool.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/reason_tally.hpp"
#include "molbridge/service/result_writer.hpp"

namespace molbridge::service {

class ResultSink {
 public:
  /// `path`: file, "-" for standard output, "" for nowhere. Writes the header. Errors: kOutput.
  ResultSink(std::string path, ResultFormat format, const ResultLayout& layout, Provenance provenance);

  /// Answers wait on the disk until finish(): call it before the first. Errors: kOutput.
  void hold();
  /// Answers in the order in which they are to be written; sets their query_index.
  void add(Answer& answer);
  /// Footer, commit and, for a TSV in a file, "<path>.run.json". Without it a file is not touched. `complete` gets every held answer before it
  /// is written.
  void finish(const std::function<void(Answer&)>& complete = [](Answer&) {});

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
  std::unique_ptr<AnswerSpool> held_;
};

/// "run.mgf:40 (scan 12)".
std::string where(const Answer& answer);

}  // namespace molbridge::service
