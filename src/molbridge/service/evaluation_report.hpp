#pragma once
// The report of an evaluation as JSON and as a table of queries. Format page: docs/evaluation.md.

#include <string>
#include <vector>

#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/evaluate.hpp"

namespace molbridge::service {

struct QueryResultRow {
  std::string query_id;
  std::string inchikey14;  ///< of the truth; "" when unknown
  std::string skip_reason;
  eval::QueryOutcome outcome;
  bool truth_added = false;
  std::uint64_t merged_from = 1;
  /// The candidate on top; of several with the same score one that is not the truth, with MCES the farthest, else the first by InChIKey.
  PoolMolecule top;
  float top_score = 0;
  float truth_score = 0;
  std::uint64_t tied_on_top = 1;
};

/// No dates and no timings: the same inputs give the same bytes.
std::string evaluation_json(const EvaluateOptions& options, const Engine& engine, const EvaluateReport& report);
/// Novelty stays empty where it is not known.
std::string per_query_tsv(const std::vector<QueryResultRow>& rows, bool novelty_known);

}  // namespace molbridge::service
