#pragma once
// Everything an evaluation reads, opened and checked: model, spectra with their truths, pools. What `evaluate`, and every other use case that
// ranks known spectra, starts from.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/evaluate.hpp"
#include "molbridge/service/evaluation_set.hpp"
#include "molbridge/service/query_merging.hpp"

namespace molbridge::service {

struct EvaluationSetup {
  Engine engine;  ///< no bank where pools come from a file
  EvaluationSet set;
  CandidateLists lists;
  std::unique_ptr<PoolSource> pools;
  std::uint64_t distinct_candidates = 0;  ///< spellings of a candidate file that are asked for
  std::uint64_t rejected_candidates = 0;  ///< of these, no molecules
  MergeReport merged;
};

/// Checks the options, then reads. Novelty is measured where the model says what it was trained on. Errors: kUsage, kInput, kModel.
std::unique_ptr<const EvaluationSetup> open_evaluation(const EvaluateOptions& options, Progress& progress);

/// Why a query is skipped; "" for one that has a pool.
std::string skip_reason(const EvaluationSetup& setup, const EvaluationQuery& query);

/// Query vectors [queries, D]. The vector of several spectra (EvaluationQuery::more) is the mean of theirs, each of length one.
std::vector<float> embed_queries(const EvaluationSetup& setup, std::span<const std::size_t> queries,
                                 std::size_t threads);

/// A query's spectrum as a second stage reads it: where it names no adduct, as the usual one that fits the mass of its pool best, as
/// identification would, whose candidates bring their adduct. nullopt where there is no such reading (no precursor): the first stage ranks alone.
std::optional<retrieve::SpectrumQuery> judged_query(const EvaluationSetup& setup, const EvaluationQuery& query);

/// "honest" or "released": whether the options ask for the latter.
bool is_released(const EvaluateOptions& options);

}  // namespace molbridge::service
