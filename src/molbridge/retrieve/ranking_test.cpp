#include "molbridge/retrieve/ranking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "molbridge/bank/memory_table.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/retrieve/space.hpp"
#include "molbridge/retrieve/test_bank.hpp"

namespace molbridge::retrieve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> keys(const RankedList& list) {
  std::vector<std::string> out;
  for (const auto& candidate : list.best) out.push_back(candidate.molecule.inchikey14);
  return out;
}

std::vector<std::uint64_t> ranks(const RankedList& list) {
  std::vector<std::uint64_t> out;
  for (const auto& candidate : list.best) out.push_back(candidate.rank);
  return out;
}

// Rows follow the masses: CH4 < C2H6 < C3H8 < C4H10 < C5H12.
const std::vector<TestMolecule> kFive = {{"CH4", "EEEEEEEEEEEEEE", {1, 0}},
                                         {"C2H6", "DDDDDDDDDDDDDD", {0, 1}},
                                         {"C3H8", "CCCCCCCCCCCCCC", {1, 1}},
                                         {"C4H10", "BBBBBBBBBBBBBB", {1, 1}},
                                         {"C5H12", "AAAAAAAAAAAAAA", {1, 1}}};

TEST(RankCandidatesTest, Ties_ShareTheWorstRankAndStandInTheOrderOfTheirKeys) {
  const TestBank bank(kFive);
  const std::vector<std::uint64_t> rows = {0, 1, 2, 3, 4};
  const std::vector<float> query = {1, 0};
  const std::vector<Pool> pools = {{rows, query}};
  const RankedList all = rank_candidates(*bank, pools, 10);
  EXPECT_EQ(all.num_candidates, 5U);
  EXPECT_THAT(keys(all),
              ElementsAre("EEEEEEEEEEEEEE", "AAAAAAAAAAAAAA", "BBBBBBBBBBBBBB", "CCCCCCCCCCCCCC", "DDDDDDDDDDDDDD"));
  EXPECT_THAT(ranks(all), ElementsAre(1, 4, 4, 4, 5));
  EXPECT_NEAR(all.best[0].score, 1.0, 1e-6);
}

TEST(RankCandidatesTest, TopK_KeepsTheRanksOfTheWholeList) {
  const TestBank bank(kFive);
  const std::vector<std::uint64_t> rows = {0, 1, 2, 3, 4};
  const std::vector<float> query = {1, 0};
  const std::vector<Pool> pools = {{rows, query}};
  const RankedList two = rank_candidates(*bank, pools, 2);
  EXPECT_THAT(keys(two), ElementsAre("EEEEEEEEEEEEEE", "AAAAAAAAAAAAAA"));
  EXPECT_THAT(ranks(two), ElementsAre(1, 4));
  EXPECT_EQ(two.num_candidates, 5U);
  EXPECT_TRUE(rank_candidates(*bank, pools, 0).best.empty());
}

TEST(RankCandidatesTest, SeveralHypotheses_MakeOneListAndARowCountsOnce) {
  const TestBank bank(kFive);
  const std::vector<std::uint64_t> first = {0, 2};
  const std::vector<std::uint64_t> second = {1, 2};
  const std::vector<float> towards_x = {1, 0};
  const std::vector<float> towards_y = {0.1F, 1};
  const std::vector<Pool> pools = {{first, towards_x}, {second, towards_y}, {{}, {}}};
  const RankedList list = rank_candidates(*bank, pools, 10);
  EXPECT_EQ(list.num_candidates, 3U);
  EXPECT_THAT(keys(list), ElementsAre("EEEEEEEEEEEEEE", "DDDDDDDDDDDDDD", "CCCCCCCCCCCCCC"));
  EXPECT_EQ(list.best[0].hypothesis, 0U);
  EXPECT_EQ(list.best[1].hypothesis, 1U);
  EXPECT_EQ(list.best[2].hypothesis, 1U) << "the better of the two scores";
  EXPECT_THAT(ranks(list), ElementsAre(1, 2, 3));
}

TEST(RankCandidatesTest, NoRows_GiveAnEmptyList) {
  const TestBank bank(kFive);
  const std::vector<Pool> pools = {{{}, {}}};
  EXPECT_EQ(rank_candidates(*bank, pools, 10).num_candidates, 0U);
}

std::vector<std::uint64_t> rows_of(const RankedRows& ranked) {
  std::vector<std::uint64_t> out;
  for (const auto& entry : ranked.best) out.push_back(entry.row);
  return out;
}

TEST(RankRowsTest, Ties_ShareTheWorstRankAndStandInTheOrderOfTheirRows) {
  const bank::MemoryTable table({1, 0, 0, 1, 1, 1, 1, 1, 1, 1}, 2);
  const std::vector<float> query = {1, 0};
  const RankedRows all = rank_rows(table, {0, 5}, query, 10);
  EXPECT_THAT(rows_of(all), ElementsAre(0, 2, 3, 4, 1));
  EXPECT_EQ(all.best[1].rank, 4U);
  EXPECT_EQ(all.num_candidates, 5U);
  const RankedRows two = rank_rows(table, {0, 5}, query, 2);
  EXPECT_THAT(rows_of(two), ElementsAre(0, 2));
  EXPECT_EQ(two.best[1].rank, 4U) << "rows that tie but are not given count";
  const RankedRows part = rank_rows(table, {1, 3}, query, 10);
  EXPECT_THAT(rows_of(part), ElementsAre(2, 1));
  EXPECT_EQ(rank_rows(table, {3, 3}, query, 10).num_candidates, 0U);
}

TEST(RankRowsTest, DotProducts_RankByLength) {
  const bank::MemoryTable table({1, 0, 3, 3}, 2);
  const std::vector<float> query = {1, 0};
  EXPECT_THAT(rows_of(rank_rows(table, {0, 2}, query, 10)), ElementsAre(0, 1));
  EXPECT_THAT(rows_of(rank_rows(table, {0, 2}, query, 10, bank::Similarity::kDot)), ElementsAre(1, 0));
}

TEST(RankRowsTest, ScoresThatAreNoNumbers_RankLast) {
  const bank::MemoryTable table({std::numeric_limits<float>::quiet_NaN(), 0, -1, 0}, 2);
  const std::vector<float> query = {1, 0};
  EXPECT_THAT(rows_of(rank_rows(table, {0, 2}, query, 10)), ElementsAre(1, 0));
}

TEST(RankRowsTest, LargeTable_HasTheBestOfAPlainSortWithAnyThreads) {
  constexpr std::uint64_t kRows = 3 * kRankingBlock + 17;
  std::vector<float> values(kRows);
  Rng rng(7, "rank rows");
  for (float& value : values) value = std::round(static_cast<float>(rng.normal()) * 1000);  // with ties
  const bank::MemoryTable table(values, 1);
  const std::vector<float> query = {1};
  std::vector<std::uint64_t> expected(kRows);
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(),
                   [&](std::uint64_t a, std::uint64_t b) { return values[a] > values[b]; });
  const RankedRows one = rank_rows(table, {0, kRows}, query, 5000, bank::Similarity::kDot, 1);
  const RankedRows four = rank_rows(table, {0, kRows}, query, 5000, bank::Similarity::kDot, 4);
  ASSERT_EQ(one.best.size(), 5000U);
  expected.resize(5000);
  EXPECT_EQ(rows_of(one), expected);
  EXPECT_EQ(rows_of(four), expected);
  for (std::size_t i = 0; i < one.best.size(); ++i) {
    ASSERT_EQ(one.best[i].rank, four.best[i].rank);
    const auto at_least = [&](float value) { return value >= one.best[i].score; };
    if (i % 500 != 0) continue;
    EXPECT_EQ(one.best[i].rank, static_cast<std::uint64_t>(std::count_if(values.begin(), values.end(), at_least)));
  }
}

TEST(RankRowsTest, AllRowsTied_AreCounted) {
  const bank::MemoryTable table(std::vector<float>(2 * kRankingBlock, 0.0F), 1);
  const std::vector<float> query = {1};
  const RankedRows ranked = rank_rows(table, {0, table.size()}, query, 3, bank::Similarity::kCosine, 2);
  EXPECT_THAT(rows_of(ranked), ElementsAre(0, 1, 2));
  EXPECT_EQ(ranked.best[0].rank, 2 * kRankingBlock);
}

TEST(RankCandidatesTest, WholeBank_IsRankedAsTheListOfAllItsRows) {
  const TestBank bank(kFive);
  const std::vector<std::uint64_t> rows = {0, 1, 2, 3, 4};
  const std::vector<float> query = {1, 0.25F};
  const std::vector<Pool> pools = {{rows, query}};
  const RankedList listed = rank_candidates(*bank, pools, 3);
  const RankedList whole = rank_candidates(*bank, {0, 5}, query, 3);
  EXPECT_EQ(keys(whole), keys(listed));
  EXPECT_EQ(ranks(whole), ranks(listed));
}

TEST(RequireSameSpaceTest, AnotherEncoder_IsRefusedWithBothDigestsAndTheCommand) {
  const TestBank bank(kFive);
  EXPECT_NO_THROW(require_same_space(FixedModel({1, 0}), *bank));
  try {
    require_same_space(FixedModel({1, 0}, "ffffffffffffffffffff"), *bank);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel);
    EXPECT_THAT(e.what(), HasSubstr("0123456789ab"));
    EXPECT_THAT(e.what(), HasSubstr("ffffffffffff"));
    EXPECT_THAT(e.what(), HasSubstr("molbridge bank build MOLECULES --encoder morgan:radius=2,bits=4096"));
  }
  EXPECT_THROW(require_same_space(FixedModel({1, 0, 0}), *bank), Error);
}

}  // namespace
}  // namespace molbridge::retrieve
