#include "molbridge/learn/dual_linear.hpp"

#include <gtest/gtest.h>

namespace molbridge::learn {
namespace {

/// The same rows dense and by nonzero components; the second row is empty.
torch::Tensor rows() {
  return torch::tensor({{0.0F, 2.0F, 0.0F, 1.0F}, {0.0F, 0.0F, 0.0F, 0.0F}, {1.0F, 0.0F, 0.5F, 0.0F}});
}
FeatureBatch dense() { return {rows(), {}, {}, {}}; }
FeatureBatch sparse() {
  return {{},
          torch::tensor({1, 3, 0, 2}, torch::kInt64),
          torch::tensor({2.0F, 1.0F, 1.0F, 0.5F}),
          torch::tensor({0, 2, 2}, torch::kInt64)};
}

TEST(TrainedSide, SparseAndDenseRows_GiveTheSame) {
  torch::manual_seed(3);
  TrainedSide side(LinearSideSizes{4, 3, true, 0});
  side->set_mean(torch::tensor({0.1F, 0.2F, 0.3F, 0.4F}));
  EXPECT_TRUE(torch::allclose(side->forward(dense()), side->forward(sparse()), 1e-6, 1e-6));
}

TEST(TrainedSide, Folded_IsTheMapWithTheMeanTakenOff) {
  torch::manual_seed(4);
  for (const bool bias : {false, true}) {
    TrainedSide side(LinearSideSizes{4, 3, bias, 0});
    const auto plain = side->folded();
    EXPECT_EQ(plain.second.defined(), bias);
    side->set_mean(torch::tensor({0.1F, 0.2F, 0.3F, 0.4F}));
    const auto [weight, offset] = side->folded();
    EXPECT_TRUE(torch::allclose(rows().matmul(weight.t()) + offset, side->forward(dense()), 1e-6, 1e-6));
  }
}

TEST(TrainedSide, SparseRows_GradientIsThatOfDenseRows) {
  torch::manual_seed(5);
  TrainedSide side(LinearSideSizes{4, 3, false, 0});
  const auto gradient = [&](const FeatureBatch& x) {
    side->zero_grad();
    side->forward(x).pow(2).sum().backward();
    return side->parameters().front().grad().clone();
  };
  EXPECT_TRUE(torch::allclose(gradient(dense()), gradient(sparse()), 1e-6, 1e-6));
}

TEST(TrainedSide, Dropout_ActsInTrainingOnly) {
  torch::manual_seed(6);
  TrainedSide side(LinearSideSizes{4, 3, false, 0.5});
  const torch::Tensor learning = side->forward(sparse());
  side->eval();
  EXPECT_FALSE(torch::equal(learning, side->forward(sparse())));
  EXPECT_TRUE(torch::equal(side->forward(sparse()), side->forward(sparse())));
}

TEST(DualLinear, Temperature_IsAParameterOnlyWhereItIsLearned) {
  DualLinear fixed(DualLinearOptions{{4, 3}, {5, 3}, 0.07, false}),
      learned(DualLinearOptions{{4, 3}, {5, 3}, 0.07, true});
  EXPECT_EQ(learned->parameters().size(), fixed->parameters().size() + 1);
  EXPECT_NEAR(fixed->log_temperature().exp().item<double>(), 0.07, 1e-6);
}

}  // namespace
}  // namespace molbridge::learn
