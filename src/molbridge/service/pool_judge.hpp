#pragma once
// The candidates of a query ranked by all that an identification has: first stage, second stage, the user's prior. Private to the service.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "molbridge/retrieve/ranking.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/prior.hpp"

namespace molbridge::service {

struct JudgeOptions {
  std::size_t top_k = 10;
  std::uint64_t shortlist = 0;         ///< 0: as the model says
  std::shared_ptr<const Prior> prior;  ///< null: none
};

struct JudgedCandidate {
  retrieve::RankedCandidate ranked;  ///< `score` is the first stage's, `rank` the final one
  double score = 0;                  ///< final
  std::optional<rerank::Verdict> verdict;
  std::optional<double> prior;
};

struct JudgedList {
  std::vector<JudgedCandidate> best;  ///< at most top_k; final score descending, then InChIKey ascending, then row
  std::uint64_t num_candidates = 0;
};

/// Pools as rank_candidates() takes them; `hypotheses` belong to them. Cost: that of ranking all rows, the records of shortlist and result, and
/// the second stage. Requires a second stage or a prior.
JudgedList judge_pools(const Engine& engine, std::span<const retrieve::SpectrumQuery> hypotheses,
                       std::span<const retrieve::Pool> pools, const JudgeOptions& options);

}  // namespace molbridge::service
