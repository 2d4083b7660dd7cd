#pragma once
// Use case: how well a model ranks the truth among candidates, honestly. docs/evaluation.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/eval/ranking.hpp"
#include "molbridge/service/calibration_report.hpp"

namespace molbridge::service {

struct EvaluateOptions {
  std::vector<std::string> spectra;
  std::string model;  ///< empty: the shipped one
  std::string bank;   ///< with `pool`; empty: the example bank
  std::string pool;   ///< "formula" or "ppm"; empty with `candidates`
  double ppm = 10;
  std::string convention = "honest";  ///< or "released", which needs `candidates` and a model that has one
  std::string candidates;             ///< JSON file of candidate lists, instead of a bank
  bool first_is_truth = false;        ///< spectra without a structure take the first candidate of their list as truth
  std::uint64_t cap = 0;              ///< molecules per pool at most, the truth included, drawn by `seed`; 0: all
  std::string merge = "none";         ///< query_merging.hpp
  bool mces = false;                  ///< measure MCES@1
  double mces_threshold = 15;
  std::uint64_t mces_random = 5;  ///< candidates per pool by which the expectation of random ranking is estimated
  std::string stages;  ///< "1": the first stage of a model of two; "2": both are needed; "": what the model has
  std::uint64_t shortlist = 0;   ///< candidates that the second stage looks at; 0: as the model says
  std::string control = "none";  ///< evaluation_control.hpp
  std::string output = "-";      ///< JSON report
  std::string per_query;         ///< TSV of every query's outcome; empty: none
  std::uint64_t seed = 1;        ///< of the bootstrap, of capped pools, of the sample of random MCES@1, of controls
  int resamples = 10000;
  std::size_t threads = 1;
};

struct EvaluateReport {
  eval::Summary all;
  std::vector<std::pair<std::string, eval::Summary>> by_novelty;  ///< empty where the training molecules are unknown
  std::uint64_t unlabelled = 0;
  std::uint64_t truth_added = 0;          ///< queries whose truth was not in its pool
  std::uint64_t undecided = 0;            ///< queries for which all molecules of a pool of several tie
  std::uint64_t distinct_candidates = 0;  ///< spellings of a candidate file
  std::uint64_t rejected_candidates = 0;  ///< of these, no molecules: they are in no pool
  std::uint64_t merged_spectra = 0;       ///< 0 where queries are not merged
  std::uint64_t mces_pairs = 0;           ///< distinct pairs measured
  std::uint64_t mces_ties_cut = 0;        ///< queries with more tied candidates on top than are looked at
  std::uint64_t mces_timed_out = 0;       ///< distances whose solver ran out of time: bounds
  std::vector<std::pair<std::string, std::uint64_t>> skip_reasons;
  std::optional<CalibrationReport> calibration;  ///< of the second stage's probabilities
  std::uint64_t stages = 1;
  std::uint64_t shortlist = 0;  ///< 0 with one stage
  std::string control;          ///< what was done to the spectra; "" for nothing
  std::string warning;          ///< to be said before the figures; "" for none
};

/// Tied candidates on top that MCES@1 looks at, at most, in the order of their InChIKeys.
inline constexpr std::size_t kMostTied = 100;

/// Writes the report to `output`. Errors: kUsage for contradictory options, kInput, kModel, kOutput.
EvaluateReport evaluate(const EvaluateOptions& options, Progress& progress);

}  // namespace molbridge::service
