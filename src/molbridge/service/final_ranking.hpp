#pragma once
// How the verdicts of a second stage order a pool. Private to the service.

#include <span>
#include <vector>

#include "molbridge/rerank/reranker.hpp"

namespace molbridge::service {

/// A number for each candidate, larger is better, equal where they tie: what the second stage looked at stands before the rest, each part
/// by `final_scores`, the rest then by the first stage's score. NaN where a candidate that was looked at has no number as its score.
/// Requires spans of one length of at most 2^24.
std::vector<float> final_order(std::span<const rerank::Verdict> verdicts, std::span<const double> final_scores,
                               std::span<const float> bridge_scores);

}  // namespace molbridge::service
