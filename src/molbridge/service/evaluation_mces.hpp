#pragma once
// MCES@1 of ranked queries: how far the top candidate is from the truth. Private to the evaluation.

#include "molbridge/service/query_ranker.hpp"

namespace molbridge::service {

struct McesReport {
  std::uint64_t pairs = 0;      ///< distinct pairs of molecules that were measured
  std::uint64_t ties_cut = 0;   ///< queries with more tied candidates on top than kMostTied
  std::uint64_t timed_out = 0;  ///< pairs whose solver ran out of time
};

/// Fills the distances and the expectation of random ranking of every answered query: 0 where the truth alone is on top, else the
/// largest distance among the tied. Requires rows ranked with options.mces. Threads: options.threads. Errors: kCancelled.
McesReport measure_mces(RankedQueries& ranked, const EvaluateOptions& options, Progress& progress);

}  // namespace molbridge::service
