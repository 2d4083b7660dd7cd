#pragma once
// Gradients by the parameters of a module against central differences, in float64. For tests.

#include <gtest/gtest.h>

#include <functional>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

/// The gradient of `loss` by every `stride`-th element of every parameter against difference quotients.
inline void expect_gradients(torch::nn::Module& module, const std::function<torch::Tensor()>& loss,
                             std::int64_t stride = 3) {
  constexpr double kStep = 1e-6;
  module.zero_grad();
  loss().backward();
  const torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    const torch::Tensor gradient = item.value().grad().contiguous().flatten();
    torch::Tensor values = item.value().view({-1});
    for (std::int64_t i = 0; i < values.numel(); i += stride) {
      const double at = values[i].item<double>();
      values[i] = at + kStep;
      const double above = loss().item<double>();
      values[i] = at - kStep;
      const double below = loss().item<double>();
      values[i] = at;
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), 1e-6) << item.key() << " " << i;
    }
  }
}

}  // namespace molbridge::learn
