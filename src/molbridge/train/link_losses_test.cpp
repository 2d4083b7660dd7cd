#include "molbridge/train/link_losses.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/train/test_gradients.hpp"

namespace molbridge::train {
namespace {

torch::Tensor places(std::initializer_list<std::int64_t> values) {
  return torch::tensor(std::vector(values), torch::kInt64);
}

torch::Tensor random(std::int64_t rows, std::int64_t columns) { return torch::randn({rows, columns}, torch::kFloat64); }

TEST(PairedInfoNce, ByHand_IsTheCrossEntropyOfTheFirst) {
  const torch::Tensor q = torch::tensor({{2.0, 0.0}}, torch::kFloat64);
  const torch::Tensor t = torch::tensor({{3.0, 0.0}, {0.0, 5.0}, {-1.0, 0.0}}, torch::kFloat64);
  const double loss = paired_info_nce(q, t, places({0}), places({1, 2}).view({1, 2}), 0.5).item<double>();
  EXPECT_NEAR(loss, -std::log(std::exp(2.0) / (std::exp(2.0) + std::exp(0.0) + std::exp(-2.0))), 1e-12);
}

TEST(PairedInfoNce, AbsentNegatives_CountNothing) {
  torch::manual_seed(1);
  const torch::Tensor q = random(3, 4), t = random(5, 4);
  const auto negatives = places({3, 4, -1, 3, 4, -1, 3, 4, -1}).view({3, 3});
  EXPECT_NEAR(paired_info_nce(q, t, places({0, 1, 2}), negatives, 0.1).item<double>(),
              paired_info_nce(q, t, places({0, 1, 2}), negatives.narrow(1, 0, 2), 0.1).item<double>(), 1e-12);
}

TEST(PairedInfoNce, Gradients_MatchDifferences) {
  torch::manual_seed(2);
  expect_gradients({random(3, 4), random(5, 4)}, [](const auto& x) {
    return paired_info_nce(x[0], x[1], places({0, 1, 1}), places({2, 3, 4, -1, 0, 4}).view({3, 2}), 0.3);
  });
}

TEST(BatchInfoNce, Gradients_MatchDifferences) {
  torch::manual_seed(3);
  torch::Tensor out = torch::zeros({3, 5}, torch::kBool);
  out[0][1] = out[2][4] = true;
  expect_gradients({random(3, 4), random(5, 4)}, [&](const auto& x) {
    return batch_info_nce(x[0], x[1], places({0, 3, 2}), out, 0.3);
  });
}

TEST(BatchInfoNce, WithTheSameCandidates_IsThePairedOne) {
  torch::manual_seed(4);
  const torch::Tensor q = random(2, 4), t = random(3, 4);
  const torch::Tensor none = torch::zeros({2, 3}, torch::kBool);
  EXPECT_NEAR(batch_info_nce(q, t, places({0, 1}), none, 0.1).item<double>(),
              paired_info_nce(q, t, places({0, 1}), places({1, 2, 0, 2}).view({2, 2}), 0.1).item<double>(), 1e-12);
}

TEST(BatchInfoNce, KnownTails_AreNoNegatives) {
  torch::manual_seed(5);
  const torch::Tensor q = random(1, 4);
  torch::Tensor t = torch::cat({-q, q, random(1, 4)}, 0);  // the positive is worst, another right answer best
  torch::Tensor out = torch::zeros({1, 3}, torch::kBool);
  const double with = batch_info_nce(q, t, places({0}), out, 0.1).item<double>();
  out[0][1] = true;
  EXPECT_LT(batch_info_nce(q, t, places({0}), out, 0.1).item<double>(), with - 1);
}

}  // namespace
}  // namespace molbridge::train
