#include "molbridge/eval/multi_ranking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
using Indices = std::vector<std::size_t>;
using Scores = std::vector<float>;

bool contains(const Indices& indices, std::size_t i) { return std::ranges::find(indices, i) != indices.end(); }

/// By definition: of each right answer the worst place among it and the wrong ones; the best of these.
std::uint64_t plain_best_rank(const Scores& scores, const Indices& right) {
  std::uint64_t best = scores.size() + 1;
  for (const std::size_t r : right) {
    std::uint64_t rank = 1;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!contains(right, i) && !(scores[i] < scores[r])) ++rank;
    }
    best = std::min(best, rank);
  }
  return best;
}

std::uint64_t plain_filtered_rank(const Scores& scores, std::size_t target, const Indices& known) {
  std::uint64_t rank = 1;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (i != target && !contains(known, i) && !(scores[i] < scores[target])) ++rank;
  }
  return rank;
}

const RankFigure& figure(const RankSummary& summary, const std::string& name) {
  for (const auto& [key, value] : summary.figures) {
    if (key == name) return value;
  }
  throw std::runtime_error("no figure " + name);
}

TEST(BestRank, OtherRightAnswers_DoNotCountAsAbove) {
  const Scores scores{0.9F, 0.8F, 0.7F, 0.6F};
  EXPECT_EQ(best_rank(scores, Indices{1, 2}), 2u);
  EXPECT_EQ(best_rank(scores, Indices{3}), 4u);
  EXPECT_EQ(best_rank(scores, Indices{0, 1, 2, 3}), 1u);
}

TEST(BestRank, Ties_CountAgainstTheRightAnswer) {
  EXPECT_EQ(best_rank(Scores{0.5F, 0.5F, 0.5F}, Indices{0}), 3u);
  EXPECT_EQ(best_rank(Scores{0.5F, 0.5F, 0.5F}, Indices{0, 2}), 2u);
}

TEST(BestRank, NotANumber_IsLastForTheRightAndAboveForTheWrong) {
  EXPECT_EQ(best_rank(Scores{kNan, 0.1F, 0.2F}, Indices{0}), 3u);
  EXPECT_EQ(best_rank(Scores{kNan, 0.1F, 0.2F}, Indices{2}), 2u);
  EXPECT_EQ(best_rank(Scores{kNan, 0.1F, 0.2F}, Indices{0, 2}), 1u);
}

TEST(BestRank, NoRightAnswer_IsADefect) { EXPECT_THROW(best_rank(Scores{1}, Indices{}), Error); }

TEST(FilteredRank, KnownAnswers_AreTakenOut) {
  const Scores scores{0.9F, 0.8F, 0.8F, 0.7F};
  EXPECT_EQ(filtered_rank(scores, 3, Indices{}), 4u);
  EXPECT_EQ(filtered_rank(scores, 3, Indices{0, 1}), 2u);
  EXPECT_EQ(filtered_rank(scores, 3, Indices{0, 1, 1, 3}), 2u) << "repeats and the target itself change nothing";
  EXPECT_EQ(filtered_rank(scores, 2, Indices{0}), 2u) << "the tie stays";
}

TEST(Ranks, RandomScoresWithTies_AgreeWithTheDefinition) {
  Rng rng(5);
  for (int round = 0; round < 300; ++round) {
    Scores scores(1 + rng.below(30));
    for (float& score : scores) score = rng.below(12) == 0 ? kNan : static_cast<float>(rng.below(6));
    Indices right, known;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (rng.below(4) == 0) right.push_back(i);
      if (rng.below(3) == 0) known.push_back(i);
    }
    const std::size_t target = rng.below(scores.size());
    if (right.empty()) right.push_back(target);
    ASSERT_EQ(best_rank(scores, right), plain_best_rank(scores, right));
    ASSERT_EQ(filtered_rank(scores, target, known), plain_filtered_rank(scores, target, known));
  }
}

TEST(RandomExpectation, SmallCases_AreThoseOfAllOrders) {
  for (const std::size_t candidates : {1, 2, 5, 6}) {
    for (std::size_t right = 1; right <= candidates; ++right) {
      std::vector<std::size_t> order(candidates);
      std::iota(order.begin(), order.end(), std::size_t{0});
      double orders = 0, hits = 0, reciprocal = 0;
      do {  // items below `right` are right
        const auto first = std::ranges::find_if(order, [&](std::size_t item) { return item < right; }) - order.begin();
        orders += 1;
        hits += first < 2 ? 1 : 0;
        reciprocal += 1 / static_cast<double>(first + 1);
      } while (std::ranges::next_permutation(order).found);
      EXPECT_NEAR(random_recall(candidates, right, 2), hits / orders, 1e-12);
      EXPECT_NEAR(random_reciprocal_rank(candidates, right), reciprocal / orders, 1e-12);
    }
  }
}

TEST(Ceiling, QueriesThatLookTheSame_ShareOneRanking) {
  EXPECT_DOUBLE_EQ(recall_ceiling(4, 1), 25);
  EXPECT_DOUBLE_EQ(recall_ceiling(4, 5), 100);
  EXPECT_DOUBLE_EQ(mrr_ceiling(1), 100);
  EXPECT_NEAR(mrr_ceiling(3), 100 * (1 + 0.5 + 1.0 / 3) / 3, 1e-12);
}

TEST(SummarizeRanks, ByHand) {
  // Cluster 4 has ranks 1 and 3, cluster 7 rank 20, cluster 9 was skipped.
  const std::vector<RankOutcome> outcomes{{4, 1, 1, 10}, {4, 3, 2, 10}, {7, 20, 1, 40}, {9, std::nullopt, 0, 0}};
  const std::vector<std::uint64_t> cutoffs{1, 5};
  const RankSummary summary = summarize_ranks(outcomes, cutoffs);
  EXPECT_EQ(summary.queries, 4u);
  EXPECT_EQ(summary.clusters, 3u);
  EXPECT_EQ(summary.skipped, 1u);
  EXPECT_DOUBLE_EQ(summary.median_rank, 3);
  EXPECT_DOUBLE_EQ(summary.mean_candidates, 20);
  EXPECT_DOUBLE_EQ(figure(summary, "recall_at_1").by_query, 25);
  EXPECT_NEAR(figure(summary, "recall_at_1").by_cluster, 50.0 / 3, 1e-9);
  EXPECT_NEAR(figure(summary, "recall_at_5").by_cluster, 100.0 / 3, 1e-9);
  EXPECT_NEAR(figure(summary, "mrr").by_cluster, 100 * ((1 + 1.0 / 3) / 2 + 1.0 / 20) / 3, 1e-9);
  EXPECT_NEAR(figure(summary, "recall_at_1").random, 100 * ((0.1 + 0.2) / 2 + 1.0 / 40) / 3, 1e-9);
  EXPECT_LE(figure(summary, "mrr").ci95_low, figure(summary, "mrr").by_cluster);
  EXPECT_GE(figure(summary, "mrr").ci95_high, figure(summary, "mrr").by_cluster);
}

TEST(SummarizeRanks, Nothing_GivesZeros) {
  const std::vector<std::uint64_t> cutoffs{1};
  const RankSummary summary = summarize_ranks({}, cutoffs);
  EXPECT_EQ(summary.queries, 0u);
  EXPECT_DOUBLE_EQ(figure(summary, "mrr").by_cluster, 0);
}

}  // namespace
}  // namespace molbridge::eval
