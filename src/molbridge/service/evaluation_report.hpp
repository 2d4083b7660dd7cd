#pragma once
// The report of an evaluation as JSON and as a table of queries. Format page: docs/evaluation.md.

#include <optional>
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
  /// Of the second stage; absent without one and for skipped queries.
  std::optional<double> probability;        ///< that `top` is the truth
  std::optional<double> probability_close;  ///< that `top` is the truth or close to it
  std::optional<double> truth_probability;  ///< what it gave the truth
  bool top_close = false;                   ///< `top` is the truth or close to it (chem::is_close)
  bool top_correct() const { return outcome.rank == 1U; }
};

/// No dates and no timings: the same inputs give the same bytes.
std::string evaluation_json(const EvaluateOptions& options, const Engine& engine, const EvaluateReport& report);
/// Novelty stays empty where it is not known.
std::string per_query_tsv(const std::vector<QueryResultRow>& rows, bool novelty_known);

}  // namespace molbridge::service
