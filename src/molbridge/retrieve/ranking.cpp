#include "molbridge/retrieve/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace molbridge::retrieve {
namespace {

struct ScoredRow {
  std::uint64_t row;
  float score;
  std::uint32_t hypothesis;
};

bool better_score(const ScoredRow& a, const ScoredRow& b) { return a.score > b.score; }

std::vector<ScoredRow> score_pools(const bank::Bank& bank, std::span<const Pool> pools, bank::Similarity similarity) {
  std::vector<ScoredRow> scored;
  std::vector<float> scores;
  for (std::uint32_t i = 0; i < pools.size(); ++i) {
    if (pools[i].rows.empty()) continue;
    scores.resize(pools[i].rows.size());
    bank.score(similarity, pools[i].embedding, pools[i].rows, scores);
    for (std::size_t r = 0; r < scores.size(); ++r) {
      const float score = std::isnan(scores[r]) ? -std::numeric_limits<float>::infinity() : scores[r];
      scored.push_back({pools[i].rows[r], score, i});
    }
  }
  return scored;
}

/// One entry per row: its best score, and of equal ones the first hypothesis.
void keep_best_of_each_row(std::vector<ScoredRow>& scored) {
  std::sort(scored.begin(), scored.end(), [](const ScoredRow& a, const ScoredRow& b) {
    return std::tuple(a.row, -a.score, a.hypothesis) < std::tuple(b.row, -b.score, b.hypothesis);
  });
  const auto same_row = [](const ScoredRow& a, const ScoredRow& b) { return a.row == b.row; };
  scored.erase(std::unique(scored.begin(), scored.end(), same_row), scored.end());
}

/// The best top_k and whatever ties with the last of them.
void keep_best(std::vector<ScoredRow>& scored, std::size_t top_k) {
  if (scored.size() <= top_k) return;
  if (top_k == 0) return scored.clear();
  const auto last = scored.begin() + static_cast<std::ptrdiff_t>(top_k - 1);
  std::nth_element(scored.begin(), last, scored.end(), better_score);
  const float threshold = last->score;
  std::erase_if(scored, [&](const ScoredRow& entry) { return entry.score < threshold; });
}

std::vector<RankedCandidate> with_records(const bank::Bank& bank, const std::vector<ScoredRow>& kept) {
  std::vector<RankedCandidate> candidates;
  candidates.reserve(kept.size());
  for (const ScoredRow& entry : kept) candidates.push_back({entry.hypothesis, bank.record(entry.row), entry.score, 0});
  std::stable_sort(candidates.begin(), candidates.end(), [](const RankedCandidate& a, const RankedCandidate& b) {
    return a.score != b.score ? a.score > b.score : a.molecule.inchikey14 < b.molecule.inchikey14;
  });
  std::uint64_t rank = candidates.size();
  for (std::size_t i = candidates.size(); i-- > 0;) {
    if (i + 1 < candidates.size() && candidates[i].score != candidates[i + 1].score) rank = i + 1;
    candidates[i].rank = rank;
  }
  return candidates;
}

}  // namespace

RankedList rank_candidates(const bank::Bank& bank, std::span<const Pool> pools, std::size_t top_k,
                           bank::Similarity similarity) {
  std::vector<ScoredRow> scored = score_pools(bank, pools, similarity);
  if (pools.size() > 1) keep_best_of_each_row(scored);
  RankedList list;
  list.num_candidates = scored.size();
  keep_best(scored, top_k);
  std::sort(scored.begin(), scored.end(), [](const ScoredRow& a, const ScoredRow& b) { return a.row < b.row; });
  list.best = with_records(bank, scored);
  if (list.best.size() > top_k) list.best.resize(top_k);
  return list;
}

}  // namespace molbridge::retrieve
