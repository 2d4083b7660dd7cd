#pragma once
// The answerable queries of an evaluation with the scores of their pools, one after the other. Private to the analyses.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/service/evaluation_setup.hpp"
#include "molbridge/service/result_table.hpp"

namespace molbridge::service {

struct ScoredQuery {
  std::size_t index = 0;     ///< of the query in the set
  std::size_t compound = 0;  ///< of the set
  bool new_pool = false;     ///< other than that of the query before
  const CandidatePool& pool;
  const PoolScores& scores;
};

/// Queries of one pool follow each other. References are valid within the call of `visit`. Requires the honest convention. Errors: kCancelled.
void for_each_scored(const EvaluationSetup& setup, const EvaluateOptions& options, Progress& progress,
                     const std::function<void(const ScoredQuery&)>& visit);

/// Errors: kInput when there is nothing to analyse.
void require_queries(const EvaluationSetup& setup);

/// How many queries cannot be answered; with a remark on them, and on the spectra that are no queries.
void count_skipped(const EvaluationSetup& setup, Analysis& analysis);

/// Errors: kUsage for the released convention, whose scores compare with nothing.
void require_honest(const EvaluateOptions& options);

/// Model, bank, pools and seeds, for Analysis::facts. Model and bank may be missing.
std::vector<std::pair<std::string, Cell>> facts_of(const EvaluationSetup& setup, const EvaluateOptions& options);

}  // namespace molbridge::service
