#include "molbridge/train/losses.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/train/test_gradients.hpp"

namespace molbridge::train {
namespace {

torch::Tensor doubles(std::vector<std::int64_t> shape, std::uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kFloat64);
}

const torch::Tensor kGroups = torch::tensor({0, 1, 0, 2, 1}, torch::kInt64);
torch::Tensor log_temperature(double value = 0.2) { return torch::tensor(std::log(value), torch::kFloat64); }

TEST(FingerprintLoss, Gradient_MatchesFiniteDifferences) {
  const torch::Tensor bits = (doubles({3, 8}, 7) > 0.3).to(torch::kFloat64);
  const torch::Tensor weights = torch::tensor({0.5, 1.0, 1.5}, torch::kFloat64);
  const FingerprintLossOptions options{.cross_entropy_weight = 0.7, .cosine_weight = 1.3, .cross_entropy_scale = 0.5};
  expect_gradients({doubles({3, 8}, 2)}, [&](const auto& x) { return fingerprint_loss(x[0], bits, weights, options); });
}

TEST(FingerprintLoss, PerfectPrediction_IsNearZero) {
  const torch::Tensor bits = torch::tensor({{1.0F, 0.0F, 1.0F, 0.0F}});
  const torch::Tensor good = (bits * 2 - 1) * 20;
  EXPECT_LT(fingerprint_loss(good, bits, torch::ones({1}), {}).item<double>(), 1e-5);
  EXPECT_GT(fingerprint_loss(-good, bits, torch::ones({1}), {}).item<double>(), 1.0);
}

TEST(AlignmentLoss, IsTwoMinusTwoCosines) {
  const torch::Tensor z = torch::tensor({{3.0, 4.0}, {0.0, 2.0}}, torch::kFloat64);
  const torch::Tensor y = torch::tensor({{6.0, 8.0}, {5.0, 0.0}}, torch::kFloat64);
  EXPECT_NEAR(alignment_loss(z, y).item<double>(), (0 + 2) / 2.0, 1e-12) << "parallel and orthogonal";
  EXPECT_NEAR(alignment_loss(-z, y).item<double>(), (4 + 2) / 2.0, 1e-12);
}

TEST(AlignmentLoss, Gradient_MatchesFiniteDifferences) {
  expect_gradients({doubles({4, 3}, 1), doubles({4, 3}, 2)}, [](const auto& x) { return alignment_loss(x[0], x[1]); });
}

TEST(RawSquaredError, ByHandAndGradient) {
  const torch::Tensor z = torch::tensor({{1.0, 2.0}}, torch::kFloat64);
  EXPECT_NEAR(raw_squared_error(z, torch::tensor({{0.0, 4.0}}, torch::kFloat64)).item<double>(), 2.5, 1e-12);
  expect_gradients({doubles({4, 3}, 1), doubles({4, 3}, 2)},
                   [](const auto& x) { return raw_squared_error(x[0], x[1]); });
}

TEST(OrthogonalityPenalty, IsZeroForOrthonormalRowsOrColumnsAndTheFrobeniusNormElse) {
  const torch::Tensor wide = torch::tensor({{1.0, 0.0, 0.0}, {0.0, 0.6, 0.8}}, torch::kFloat64);
  EXPECT_NEAR(orthogonality_penalty(wide).item<double>(), 0, 1e-12);
  EXPECT_NEAR(orthogonality_penalty(wide.t()).item<double>(), 0, 1e-12);
  const torch::Tensor w = torch::tensor({{1.0, 1.0}, {0.0, 2.0}}, torch::kFloat64);  // W W^T = (2 2; 2 4)
  EXPECT_NEAR(orthogonality_penalty(w).item<double>(), 1 + 4 + 4 + 9, 1e-12);
  expect_gradients({doubles({3, 5}, 4)}, [](const auto& x) { return orthogonality_penalty(x[0]); });
  expect_gradients({doubles({5, 3}, 4)}, [](const auto& x) { return orthogonality_penalty(x[0]); });
}

TEST(InfoNce, TwoOrthogonalPairs_ByHand) {
  const torch::Tensor unit = torch::eye(2, torch::kFloat64);
  const double t = 0.5;
  const double expected = std::log(1 + std::exp(-1 / t));
  EXPECT_NEAR(info_nce(unit, unit, log_temperature(t), {}).item<double>(), expected, 1e-12);
}

TEST(InfoNce, OtherSpectraOfTheMolecule_AreNoNegatives) {
  const torch::Tensor z = doubles({5, 4}, 1), y = doubles({5, 4}, 2);
  const torch::Tensor loss = info_nce(z, y, log_temperature(), kGroups);
  EXPECT_GT(std::abs(loss.item<double>() - info_nce(z, y, log_temperature(), {}).item<double>()), 1e-3);
  // A change of y[2], of the molecule of row 0, reaches row 0 by no path: rows 0's own terms have no gradient with respect to it.
  torch::Tensor moved = y.clone();
  const torch::Tensor one = torch::tensor({0, 0}, torch::kInt64);
  moved[1] = doubles({4}, 9);
  const torch::Tensor pair_z = z.slice(0, 0, 2), before = y.slice(0, 0, 2), after = moved.slice(0, 0, 2);
  const double log_of_one = 0;  // each row's only candidate is its own molecule
  EXPECT_NEAR(info_nce(pair_z, before, log_temperature(), one).item<double>(), log_of_one, 1e-12);
  EXPECT_NEAR(info_nce(pair_z, after, log_temperature(), one).item<double>(), log_of_one, 1e-12);
}

TEST(InfoNce, Gradient_MatchesFiniteDifferences) {
  for (const torch::Tensor& group : {torch::Tensor(), kGroups}) {
    expect_gradients({doubles({5, 4}, 1), doubles({5, 4}, 2), log_temperature()},
                     [&](const auto& x) { return info_nce(x[0], x[1], x[2], group); });
  }
}

TEST(SupervisedContrastive, OneSpectrumPerMolecule_CountsAllOtherRows) {
  const torch::Tensor unit = torch::eye(2, torch::kFloat64);
  const double t = 0.5;
  // Row 0: candidates are z1 (cos 0), y0 (cos 1, the positive), y1 (cos 0).
  const double expected = std::log(1 + 2 * std::exp(-1 / t));
  const torch::Tensor group = torch::tensor({4, 9}, torch::kInt64);
  EXPECT_NEAR(supervised_contrastive(unit, unit, log_temperature(t), group).item<double>(), expected, 1e-12);
}

TEST(SupervisedContrastive, MoleculeOfSeveralSpectra_StandsOnceAmongTheCandidates) {
  const torch::Tensor z = torch::tensor({{1.0, 0.0}, {1.0, 0.0}}, torch::kFloat64);
  const torch::Tensor group = torch::tensor({4, 4}, torch::kInt64);
  // Row 0: candidates z1 and y0, both positive, both of cosine 1: each has half the share.
  EXPECT_NEAR(supervised_contrastive(z, z, log_temperature(), group).item<double>(), std::log(2.0), 1e-12);
}

TEST(SupervisedContrastive, Gradient_MatchesFiniteDifferences) {
  expect_gradients({doubles({5, 4}, 1), doubles({5, 4}, 2), log_temperature()},
                   [](const auto& x) { return supervised_contrastive(x[0], x[1], x[2], kGroups); });
}

TEST(CandidateSoftmax, ByHand_AndAbsentPlacesCountNothing) {
  const torch::Tensor z = torch::tensor({{1.0, 0.0}, {0.0, 1.0}}, torch::kFloat64);
  const torch::Tensor candidates = torch::tensor({{{0.0, 1.0}, {9.0, 9.0}}, {{1.0, 0.0}, {1.0, 0.0}}}, torch::kFloat64);
  const torch::Tensor present = torch::tensor({{true, false}, {false, false}});
  const double t = 0.5;
  const double expected = std::log(1 + std::exp(-1 / t));  // of row 0; row 1 has no candidate
  EXPECT_NEAR(candidate_softmax(z, z, candidates, present, log_temperature(t)).item<double>(), expected, 1e-12);
  const torch::Tensor none = torch::zeros_like(present);
  EXPECT_EQ(candidate_softmax(z, z, candidates, none, log_temperature(t)).item<double>(), 0);
}

TEST(CandidateSoftmax, Gradient_MatchesFiniteDifferences) {
  const torch::Tensor present = torch::tensor({{true, true, false}, {true, false, false}, {false, false, false}});
  expect_gradients({doubles({3, 4}, 1), doubles({3, 4}, 2), doubles({3, 3, 4}, 3), log_temperature()},
                   [&](const auto& x) { return candidate_softmax(x[0], x[1], x[2], present, x[3]); });
}

}  // namespace
}  // namespace molbridge::train
