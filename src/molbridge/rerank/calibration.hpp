#pragma once
// From scores of the second stage to probabilities: that a candidate is the molecule, and that it is close to it. Fitted on compounds that neither stage
// was trained on (service_train/reranker_job).

#include <span>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/eval/calibrators.hpp"
#include "molbridge/rerank/examination.hpp"
#include "molbridge/rerank/reranker.hpp"

namespace molbridge::rerank {

/// Candidates are compared with each other among this many of the best; the rest are close with their own probability.
inline constexpr std::size_t kCompared = 12;

struct Calibration {
  eval::Tempering tempering;  ///< of a pool, by tempering_features()
  double coverage = 1;        ///< share of pools larger than the shortlist whose truth was on it
  eval::LogisticMap close;    ///< of log odds of the summed probability of close candidates, and log of the pool

  /// 1 and the features of the pool.
  static std::vector<double> tempering_features(const Examination& found);
  /// Probabilities of the shortlist, before the map of `close`; raw[i] is the sum over candidates close to i. Both in the order of the shortlist.
  std::vector<double> probabilities(const Examination& found, std::span<const float> scores) const;
  static std::vector<double> close_sums(const Examination& found, std::span<const float> scores,
                                        std::span<const double> probabilities, std::span<const Candidate> pool);
  static std::vector<double> close_features(double sum, const Examination& found);

  /// Fills probability and probability_close of `verdicts`, which are in the order of the pool.
  void apply(const Examination& found, std::span<const float> scores, std::span<const Candidate> pool,
             std::vector<Verdict>& verdicts) const;
  /// Keys below "calibration". Errors of read: kModel.
  void write(ConfigWriter& writer) const;
  static Calibration read(const Config& manifest);
};

}  // namespace molbridge::rerank
