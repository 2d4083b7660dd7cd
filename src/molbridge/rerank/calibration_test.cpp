#include "molbridge/rerank/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "molbridge/core/error.hpp"

namespace molbridge::rerank {
namespace {

/// A pool of `size` molecules of which the first `looked_at` are the shortlist, in order.
Examination examination(std::size_t size, std::size_t looked_at) {
  Examination found;
  found.order.resize(size);
  std::iota(found.order.begin(), found.order.end(), std::size_t{0});
  for (std::size_t i = 0; i < looked_at; ++i) found.shortlist.push_back({i, {}, true});
  found.pool = {std::log(static_cast<float>(size)), 3, 0.5F, 2, 0.7F, 0.5F};
  return found;
}

Calibration calibration() {
  Calibration map;
  map.tempering.weights = {0.1, 0.02, 0, 0, 0, 0, 0};
  map.coverage = 0.9;
  map.close = {0.3, {1, 0.1}};
  return map;
}

const std::vector<Candidate> kPool{
    {"CCCCCCCCCCCCCCCC(=O)O", 3, 0}, {"CCCCCCCCCCCCCCCCC(=O)O", 2, 0}, {"c1ccc2ccccc2c1", 1, 0}, {"", 0, 0}};

TEST(Calibration, ProbabilitiesOfThePool_SumToOne) {
  const Examination found = examination(4, 3);
  const std::vector<float> scores{1, 0.5F, -1};
  std::vector<Verdict> verdicts(4);
  calibration().apply(found, scores, kPool, verdicts);
  double sum = 0;
  for (const Verdict& verdict : verdicts) sum += verdict.probability;
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_NEAR(verdicts[3].probability, 0.1, 1e-9);  // what the shortlist does not cover
  EXPECT_GT(verdicts[0].probability, verdicts[1].probability);
}

TEST(Calibration, WholePoolLookedAt_LeavesNothingOver) {
  const std::vector<double> p = calibration().probabilities(examination(3, 3), std::vector<float>{1, 0.5F, -1});
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-9);
}

TEST(Calibration, CloseSums_AddTheProbabilityOfNeighbours) {
  const Examination found = examination(3, 3);
  const std::vector<float> scores{1, 0.5F, -1};
  const std::vector<double> own{0.5, 0.3, 0.2};
  const std::vector<double> sums = Calibration::close_sums(found, scores, own, kPool);
  EXPECT_NEAR(sums[0], 0.8, 1e-12);
  EXPECT_NEAR(sums[1], 0.8, 1e-12);
  EXPECT_NEAR(sums[2], 0.2, 1e-12);
}

TEST(Calibration, CloseIsNeverBelowCorrect) {
  Calibration map = calibration();
  map.close = {-9, {1, 0}};
  std::vector<Verdict> verdicts(4);
  map.apply(examination(4, 3), std::vector<float>{3, 0.5F, -1}, kPool, verdicts);
  for (const Verdict& verdict : verdicts) EXPECT_GE(verdict.probability_close, verdict.probability);
}

TEST(Calibration, WrittenAndRead_GiveTheSameBits) {
  ConfigWriter writer;
  calibration().write(writer);
  const Calibration again = Calibration::read(Config::parse(writer.str(), "model.toml", true));
  EXPECT_EQ(again.tempering.weights, calibration().tempering.weights);
  EXPECT_EQ(again.coverage, calibration().coverage);
  EXPECT_EQ(again.close.weights, calibration().close.weights);
  EXPECT_EQ(again.close.bias, calibration().close.bias);
}

TEST(Calibration, OfAnotherShape_IsRefused) {
  Calibration map = calibration();
  map.tempering.weights.pop_back();
  ConfigWriter writer;
  map.write(writer);
  EXPECT_THROW(Calibration::read(Config::parse(writer.str(), "model.toml", true)), Error);
}

}  // namespace
}  // namespace molbridge::rerank
