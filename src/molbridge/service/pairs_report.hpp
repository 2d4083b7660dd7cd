#pragma once
// The report of `pairs evaluate` as JSON and as a table of queries. Private to the service.

#include <string>

#include "molbridge/service/pairs.hpp"

namespace molbridge::service {

/// No dates and no timings: the same inputs give the same bytes.
std::string pairs_evaluation_json(const PairsEvaluateOptions& options, const PairsEvaluateReport& report);

/// A row per scorer and query: the rank by each measure, "" where it does not apply or was skipped.
std::string pairs_query_header();
std::string pairs_query_rows(const corpus::PairTable& table, const PairTask& task, const PairScores& scores,
                             const PairScorerReport& report);

}  // namespace molbridge::service
