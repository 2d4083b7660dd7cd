#include "molbridge/retrieve/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <tuple>

#include "molbridge/core/threads.hpp"

namespace molbridge::retrieve {
namespace {

bool better_score(const RankedRow& a, const RankedRow& b) { return a.score > b.score; }
bool better(const RankedRow& a, const RankedRow& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; }

float ordered(float score) { return std::isnan(score) ? -std::numeric_limits<float>::infinity() : score; }

/// The best top_k of what was added and whatever ties with the last of them. Memory is theirs, and as much again between two clean-ups.
class BestRows {
 public:
  explicit BestRows(std::size_t top_k) : top_k_(top_k) {}

  void add(const RankedRow& entry) {
    if (top_k_ == 0 || (full_ && entry.score < threshold_)) return;
    kept_.push_back(entry);
    if (kept_.size() >= next_cleaning_) clean();
  }
  void add(const BestRows& other) {
    for (const RankedRow& entry : other.kept_) add(entry);
  }
  /// Score descending, then row ascending, with pessimistic ranks.
  std::vector<RankedRow> finish() && {
    clean();
    std::sort(kept_.begin(), kept_.end(), better);
    std::uint64_t rank = kept_.size();
    for (std::size_t i = kept_.size(); i-- > 0;) {
      if (i + 1 < kept_.size() && kept_[i].score != kept_[i + 1].score) rank = i + 1;
      kept_[i].rank = rank;
    }
    return std::move(kept_);
  }
  void clean() {
    if (kept_.size() <= top_k_) return;
    const auto last = kept_.begin() + static_cast<std::ptrdiff_t>(top_k_ - 1);
    std::nth_element(kept_.begin(), last, kept_.end(), better_score);
    threshold_ = last->score;
    full_ = true;
    std::erase_if(kept_, [this](const RankedRow& entry) { return entry.score < threshold_; });
    next_cleaning_ = std::max(kMinCleaning, 2 * kept_.size());
  }

 private:
  static constexpr std::size_t kMinCleaning = 1024;
  std::size_t top_k_;
  std::vector<RankedRow> kept_;
  std::size_t next_cleaning_ = kMinCleaning;
  bool full_ = false;
  float threshold_ = 0;
};

/// Blocks of one pool on several threads. `rows_of(begin, end)` gives the rows at these places.
template <typename RowsOf>
BestRows best_of_pool(const bank::VectorTable& table, std::uint64_t count, const RowsOf& rows_of,
                      std::span<const float> query, std::size_t top_k, bank::Similarity similarity,
                      std::size_t threads) {
  BestRows best(top_k);
  std::mutex mutex;
  parallel_for(count, threads, kRankingBlock, [&](std::size_t begin, std::size_t end) {
    const auto rows = rows_of(begin, end);
    std::vector<float> scores(rows.size());
    table.score(similarity, query, rows, scores);
    BestRows of_block(top_k);
    for (std::size_t i = 0; i < scores.size(); ++i) of_block.add(RankedRow{0, rows[i], ordered(scores[i]), 0});
    of_block.clean();
    const std::scoped_lock lock(mutex);
    best.add(of_block);
  });
  return best;
}

/// One entry per row: its best score, and of equal ones the first hypothesis.
void keep_best_of_each_row(std::vector<RankedRow>& scored) {
  std::sort(scored.begin(), scored.end(), [](const RankedRow& a, const RankedRow& b) {
    return std::tuple(a.row, -a.score, a.hypothesis) < std::tuple(b.row, -b.score, b.hypothesis);
  });
  const auto same_row = [](const RankedRow& a, const RankedRow& b) { return a.row == b.row; };
  scored.erase(std::unique(scored.begin(), scored.end(), same_row), scored.end());
}

std::vector<RankedRow> score_pools(const bank::VectorTable& table, std::span<const Pool> pools,
                                   bank::Similarity similarity, std::size_t threads) {
  std::vector<RankedRow> scored;
  std::vector<float> scores;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const auto rows = pools[i].rows;
    scores.resize(rows.size());
    parallel_for(rows.size(), threads, kRankingBlock, [&](std::size_t begin, std::size_t end) {
      table.score(similarity, pools[i].embedding, rows.subspan(begin, end - begin),
                  std::span(scores).subspan(begin, end - begin));
    });
    for (std::size_t r = 0; r < rows.size(); ++r) scored.push_back({i, rows[r], ordered(scores[r]), 0});
  }
  return scored;
}

/// What ties with the last of the best is still there: the callers cut, each by its own order of ties.
RankedRows with_ties(BestRows&& best, std::uint64_t num_candidates) {
  return {std::move(best).finish(), num_candidates};
}

RankedRows rank_with_ties(const bank::VectorTable& table, bank::RowRange rows, std::span<const float> query,
                          std::size_t top_k, bank::Similarity similarity, std::size_t threads) {
  const std::uint64_t count = rows.begin < rows.end ? rows.size() : 0;
  const auto rows_of = [&](std::size_t begin, std::size_t end) {
    std::vector<std::uint64_t> block(end - begin);
    std::iota(block.begin(), block.end(), rows.begin + begin);
    return block;
  };
  return with_ties(best_of_pool(table, count, rows_of, query, top_k, similarity, threads), count);
}

RankedRows rank_with_ties(const bank::VectorTable& table, std::span<const Pool> pools, std::size_t top_k,
                          bank::Similarity similarity, std::size_t threads) {
  if (pools.size() == 1) {
    const auto rows_of = [&](std::size_t begin, std::size_t end) { return pools[0].rows.subspan(begin, end - begin); };
    const std::uint64_t count = pools[0].rows.size();
    return with_ties(best_of_pool(table, count, rows_of, pools[0].embedding, top_k, similarity, threads), count);
  }
  std::vector<RankedRow> scored = score_pools(table, pools, similarity, threads);
  keep_best_of_each_row(scored);
  BestRows best(top_k);
  for (const RankedRow& entry : scored) best.add(entry);
  return with_ties(std::move(best), scored.size());
}

RankedRows cut(RankedRows ranked, std::size_t top_k) {
  if (ranked.best.size() > top_k) ranked.best.resize(top_k);
  return ranked;
}

RankedList with_records(const bank::Bank& bank, const RankedRows& ranked, std::size_t top_k) {
  RankedList list;
  list.num_candidates = ranked.num_candidates;
  list.best.reserve(ranked.best.size());
  for (const RankedRow& entry : ranked.best) {
    list.best.push_back({entry.hypothesis, bank.record(entry.row), entry.score, entry.rank});
  }
  std::stable_sort(list.best.begin(), list.best.end(), [](const RankedCandidate& a, const RankedCandidate& b) {
    return a.score != b.score ? a.score > b.score : a.molecule.inchikey14 < b.molecule.inchikey14;
  });
  if (list.best.size() > top_k) list.best.resize(top_k);
  return list;
}

}  // namespace

RankedRows rank_rows(const bank::VectorTable& table, std::span<const Pool> pools, std::size_t top_k,
                     bank::Similarity similarity, std::size_t threads) {
  return cut(rank_with_ties(table, pools, top_k, similarity, threads), top_k);
}

RankedRows rank_rows(const bank::VectorTable& table, bank::RowRange rows, std::span<const float> embedding,
                     std::size_t top_k, bank::Similarity similarity, std::size_t threads) {
  return cut(rank_with_ties(table, rows, embedding, top_k, similarity, threads), top_k);
}

RankedList rank_candidates(const bank::Bank& bank, std::span<const Pool> pools, std::size_t top_k,
                           bank::Similarity similarity, std::size_t threads) {
  return with_records(bank, rank_with_ties(bank, pools, top_k, similarity, threads), top_k);
}

RankedList rank_candidates(const bank::Bank& bank, bank::RowRange rows, std::span<const float> embedding,
                           std::size_t top_k, bank::Similarity similarity, std::size_t threads) {
  return with_records(bank, rank_with_ties(bank, rows, embedding, top_k, similarity, threads), top_k);
}

}  // namespace molbridge::retrieve
