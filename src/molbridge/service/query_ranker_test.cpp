#include "molbridge/service/query_ranker.hpp"

#include <gtest/gtest.h>

#include "molbridge/retrieve/test_bank.hpp"
#include "molbridge/service/test_reranker.hpp"

namespace molbridge::service {
namespace {

/// Ethanol is the truth; the first stage's scores are given.
class FixedPool : public CandidatePool {
 public:
  FixedPool(float truth, std::vector<float> others) : scores_{truth, std::move(others)} {}
  std::uint64_t size() const override { return scores_.others.size() + 1; }
  bool truth_added() const override { return false; }
  PoolScores scores(std::span<const float>) const override { return scores_; }
  PoolMolecule truth() const override { return {"CCO", "TRUTHAAAAAAAAA"}; }
  PoolMolecule other(std::size_t index) const override {
    return {std::string(index + 1, 'C'), "OTHER" + std::to_string(index)};
  }
  std::vector<float> truth_embedding() const override { return {}; }
  std::vector<float> other_embedding(std::size_t) const override { return {}; }
  void keep(std::span<const std::size_t>) override {}

 private:
  PoolScores scores_;
};

class FixedPools : public PoolSource {
 public:
  FixedPools(float truth, std::vector<float> others) : truth_(truth), others_(std::move(others)) {}
  bool has_pool(const EvaluationQuery&) const override { return true; }
  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound&, const EvaluationQuery&) const override {
    return std::make_unique<FixedPool>(truth_, others_);
  }

 private:
  float truth_;
  std::vector<float> others_;
};

RankedQueries ranked(float truth, std::vector<float> others, std::shared_ptr<const rerank::Reranker> reranker,
                     std::size_t threads = 1, std::size_t queries = 1, bool precursor = true) {
  EvaluationSetup setup;
  setup.engine.model = std::make_shared<retrieve::FixedModel>(std::vector<float>{1, 0});
  setup.engine.reranker = std::move(reranker);
  for (std::size_t i = 0; i < queries; ++i) {
    setup.set.compounds.push_back({"TRUTHAAAAAAAAA", "CCO", mass::Formula::parse("C2H6O").value(), 46.0419, 0});
    EvaluationQuery query;
    query.compound = i;
    if (precursor) query.spectrum.precursor_mz = 47.0491;
    query.spectrum.ion_mode = mass::IonMode::kPositive;
    query.spectrum.peaks = {{29, 1}};
    setup.set.queries.push_back(query);
  }
  setup.pools = std::make_unique<FixedPools>(truth, std::move(others));
  EvaluateOptions options;
  options.threads = threads;
  return rank_queries(setup, options, no_progress());
}

TEST(QueryRankerTest, OneStage_RanksByItsScoreAndSaysNoProbability) {
  const auto row = ranked(0.5F, {0.9F, 0.5F, 0.1F}, nullptr).rows.at(0);
  EXPECT_EQ(row.outcome.rank, 3U);  // the tie counts against the truth
  EXPECT_FLOAT_EQ(row.truth_score, 0.5F);
  EXPECT_EQ(row.top.inchikey14, "OTHER0");
  EXPECT_FALSE(row.probability.has_value());
}

TEST(QueryRankerTest, TwoStages_RankByTheFinalScore) {
  const auto row = ranked(0.2F, {0.9F, 0.5F, 0.3F}, std::make_shared<TurningReranker>()).rows.at(0);
  EXPECT_EQ(row.outcome.rank, 1U);
  EXPECT_TRUE(row.top_correct());
  EXPECT_EQ(row.top.inchikey14, "TRUTHAAAAAAAAA");
  EXPECT_FLOAT_EQ(row.top_score, -0.2F);
  EXPECT_EQ(row.probability, row.truth_probability);
  EXPECT_GT(*row.probability, 0.25);
  EXPECT_GT(*row.probability_close, *row.probability);
}

TEST(QueryRankerTest, TruthOutsideTheShortlist_StandsBehindAllThatWereLookedAt) {
  const auto row = ranked(0.2F, {0.9F, 0.5F, 0.3F, 0.1F}, std::make_shared<TurningReranker>(2)).rows.at(0);
  EXPECT_EQ(row.outcome.rank, 4U);  // behind 0.5, 0.9 by the second stage and 0.3 by the first
  EXPECT_EQ(row.top.inchikey14, "OTHER1");
  EXPECT_FLOAT_EQ(row.top_score, -0.5F);
}

TEST(QueryRankerTest, TieAtTheEndOfTheShortlist_CountsAgainstTheTruth) {
  const auto row = ranked(0.5F, {0.9F, 0.5F, 0.5F}, std::make_shared<TurningReranker>(2)).rows.at(0);
  EXPECT_GE(*row.outcome.rank, 3U);
}

TEST(QueryRankerTest, TieOfFinalScores_CountsAgainstTheTruthAndNamesARival) {
  const auto row = ranked(0.5F, {0.5F, 0.9F}, std::make_shared<TurningReranker>()).rows.at(0);
  EXPECT_EQ(row.outcome.rank, 2U);
  EXPECT_EQ(row.tied_on_top, 2U);
  EXPECT_EQ(row.top.inchikey14, "OTHER0");
  EXPECT_FALSE(row.top_correct());
}

TEST(QueryRankerTest, SpectrumWithoutPrecursor_IsRankedByTheFirstStageAlone) {
  const auto row = ranked(0.2F, {0.9F, 0.1F}, std::make_shared<TurningReranker>(), 1, 1, false).rows.at(0);
  EXPECT_EQ(row.outcome.rank, 2U);
  EXPECT_FALSE(row.probability.has_value());
}

TEST(QueryRankerTest, Ranks_DoNotDependOnThreads) {
  const auto reranker = std::make_shared<TurningReranker>(3);
  const auto one = ranked(0.4F, {0.9F, 0.5F, 0.3F, 0.2F}, reranker, 1, 150);
  const auto four = ranked(0.4F, {0.9F, 0.5F, 0.3F, 0.2F}, reranker, 4, 150);
  ASSERT_EQ(one.rows.size(), four.rows.size());
  for (std::size_t i = 0; i < one.rows.size(); ++i) {
    EXPECT_EQ(one.rows[i].outcome.rank, four.rows[i].outcome.rank);
    EXPECT_EQ(one.rows[i].probability, four.rows[i].probability);
    EXPECT_EQ(one.rows[i].top.inchikey14, four.rows[i].top.inchikey14);
  }
}

}  // namespace
}  // namespace molbridge::service
