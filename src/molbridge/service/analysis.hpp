#pragma once
// Use cases: the analyses behind the figures of a retrieval paper. Each gives tables, a figure and the facts of how it was made.
// docs/evaluation.md, "Analyses".

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/evaluate.hpp"
#include "molbridge/service/result_table.hpp"

namespace molbridge::service {

/// `evaluation` says model, spectra and pools; its output, per_query, cap, mces are not looked at, and its convention must be the honest one.
struct PoolSizeOptions {
  EvaluateOptions evaluation;
  std::vector<std::string> caps{"128", "256", "512", "1024", "all"};  ///< molecules per pool, the truth included
  std::uint64_t seeds = 5;  ///< draws of each cap: seeds evaluation.seed, +1, ...
};

/// Recall@1/5/20 and MRR with pools cut at each cap: mean over the draws, interval by compound, spread between draws, and the exact
/// expectation over all draws. Errors: kUsage, kInput, kModel.
Analysis analyze_pool_size(const PoolSizeOptions& options, Progress& progress);

/// Cosine of queries with their truth and with the other candidates, and the margin between the truth and the best other. Every compound
/// counts once, whatever the number of its spectra and the size of its pool. Errors: as above.
Analysis analyze_separation(const EvaluateOptions& options, Progress& progress);

struct HardnessOptions {
  EvaluateOptions evaluation;
  bool with_model = false;  ///< rank too, for recall by hardness
  double threshold = 0.8;   ///< a decoy above it is hard
};

/// Largest Tanimoto of the truth to a decoy, over one pool per compound (and list of a candidate file). Without a model nothing is ranked.
Analysis analyze_hardness(const HardnessOptions& options, Progress& progress);

struct CompareOptions {
  std::vector<std::string> files;   ///< tables of evaluate --per-query
  std::vector<std::string> labels;  ///< one per file, or none
  std::string baseline;             ///< a label; empty: the first
  double mces_threshold = 15;       ///< what a query without a distance counts as
  std::uint64_t seed = 1;
  int resamples = 10000;
};

/// Several models on the same queries: figures of each, and paired differences from the baseline by compound. MCES@1 where all files have
/// it. Errors: kUsage for labels that do not fit; kInput when a file is no such table or is about other queries.
Analysis compare_models(const CompareOptions& options);

struct CalibrationAnalysisOptions {
  std::vector<std::string> files;   ///< tables of evaluate --per-query with a second stage
  std::vector<std::string> labels;  ///< one per file, or none
  eval::CalibrationOptions calibration;
};

/// Are the stated probabilities true? Reliability curves of both probabilities, and what q-values promised against what came. Tables:
/// "figures", "reliability", "q_values". Errors: kUsage for labels that do not fit; kInput when a file is no such table.
Analysis analyze_calibration(const CalibrationAnalysisOptions& options);

}  // namespace molbridge::service
