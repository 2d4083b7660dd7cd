#pragma once
// For tests: a second stage that turns the first stage's order around, and sees how it is asked.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "molbridge/rerank/reranker.hpp"

namespace molbridge::service {

/// Looks at the shortlist and likes best what the first stage likes least. A softmax over all scores gives the probabilities.
class TurningReranker : public rerank::Reranker {
 public:
  explicit TurningReranker(std::size_t shortlist = 100) : shortlist_(shortlist) {}

  std::string digest() const override { return "secondstage0123456789"; }
  std::size_t default_shortlist() const override { return shortlist_; }

  std::vector<rerank::Verdict> judge(std::span<const retrieve::SpectrumQuery> hypotheses,
                                     std::span<const rerank::Candidate> pool,
                                     const rerank::RerankOptions& options) const override {
    std::vector<std::size_t> order(pool.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return pool[a].bridge_score > pool[b].bridge_score; });
    std::vector<rerank::Verdict> verdicts(pool.size());
    double sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const rerank::Candidate& candidate = pool[order[i]];
      MOLBRIDGE_CHECK(candidate.hypothesis < hypotheses.size(), "a hypothesis that is not there");
      rerank::Verdict& verdict = verdicts[order[i]];
      verdict.looked_at = i < options.shortlist;
      MOLBRIDGE_CHECK(!verdict.looked_at || !candidate.smiles.empty(), "a candidate of the shortlist without SMILES");
      verdict.score = verdict.looked_at ? -candidate.bridge_score : -10;
      if (verdict.looked_at) verdict.fragments_explained = verdict.intensity_explained = 0.5;
      sum += std::exp(verdict.score);
    }
    for (rerank::Verdict& verdict : verdicts) {
      verdict.probability = std::exp(verdict.score) / sum;
      verdict.probability_close = std::min(1.0, 1.5 * verdict.probability);
    }
    return verdicts;
  }

  /// Explains the first peak and no other.
  std::vector<rerank::AnnotatedPeak> explain(const retrieve::SpectrumQuery& query,
                                             const std::string& smiles) const override {
    std::vector<rerank::AnnotatedPeak> peaks;
    for (const spectra::Peak& peak : query.spectrum->peaks) {
      peaks.push_back({.mz = peak.mz, .intensity = 1});
      if (peaks.size() > 1) continue;
      peaks[0].formula = "C7H16+";
      peaks[0].smiles = smiles;
      peaks[0].ppm_error = -1.234;
      peaks[0].hydrogen_shift = -2;
      peaks[0].bonds_cut = 1;
      peaks[0].weight = 0.25;
    }
    return peaks;
  }

 private:
  std::size_t shortlist_;
};

}  // namespace molbridge::service
