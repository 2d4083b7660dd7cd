#include "molbridge/train/adamw.hpp"

#include <gtest/gtest.h>

namespace molbridge::train {
namespace {

/// Three clipped steps on a matrix and a bias; returns the weights behind them.
torch::Tensor weights_after(bool fused, double max_norm) {
  torch::manual_seed(7);
  torch::nn::Linear module(37, 301);
  const torch::Tensor x = torch::randn({5, 37});
  AdamW optimizer(*module, {.weight_decay = 0.1, .fused = fused});
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    module->forward(x).pow(2).sum().backward();
    optimizer.clip(max_norm);
    optimizer.step(0.01);
  }
  return torch::cat({module->weight.flatten(), module->bias}).detach();
}

TEST(AdamW, Fused_MovesAsTheOtherOne) {
  for (const double max_norm : {1e-3, 1e9}) {
    const torch::Tensor plain = weights_after(false, max_norm), fused = weights_after(true, max_norm);
    EXPECT_LT((plain - fused).abs().max().item<double>(), 1e-6) << max_norm;
  }
}

TEST(AdamW, FusedClip_GivesTheNormOfAllGradients) {
  torch::nn::Linear module(100, 90);
  AdamW optimizer(*module, {.fused = true});
  module->forward(torch::ones({1, 100})).sum().backward();
  EXPECT_NEAR(optimizer.clip(1), std::sqrt(90.0 * 100 + 90), 1e-3);
  optimizer.zero_grad();
  EXPECT_FALSE(module->weight.grad().defined());
}

}  // namespace
}  // namespace molbridge::train
