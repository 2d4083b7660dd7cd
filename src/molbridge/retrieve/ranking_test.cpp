#include "molbridge/retrieve/ranking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"
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
