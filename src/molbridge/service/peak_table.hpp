#pragma once
// Annotated peaks of hits as a table of their own and as a part of JSON results. Private to the service. Format page: docs/formats/results.md.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/rerank/reranker.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/result_writer.hpp"

namespace molbridge::service {

/// A JSON array, an object per peak.
std::string peaks_json(std::span<const rerank::AnnotatedPeak> peaks);

/// One row per annotated peak per hit. Not thread-safe. Errors: kOutput; without finish() a file is not touched.
class PeakTable {
 public:
  /// "-" is standard output.
  explicit PeakTable(const std::string& path);
  void add(const QueryResult& result);
  void finish() { output_->commit(); }

 private:
  std::unique_ptr<Output> output_;
};

}  // namespace molbridge::service
