#pragma once
// Gradients against central differences, in float64. For tests.

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::train {

/// Expects the gradient of `loss` (a scalar) by each element of each of `inputs` (float64) to match the difference quotient.
inline void expect_gradients(std::vector<torch::Tensor> inputs,
                             const std::function<torch::Tensor(const std::vector<torch::Tensor>&)>& loss,
                             double tolerance = 1e-6) {
  constexpr double kStep = 1e-6;
  for (torch::Tensor& input : inputs) input = input.detach().clone().requires_grad_();
  loss(inputs).backward();
  const torch::NoGradGuard no_grad;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    ASSERT_TRUE(inputs[k].grad().defined()) << "input " << k << " has no gradient";
    const torch::Tensor gradient = inputs[k].grad().contiguous().flatten();
    torch::Tensor values = inputs[k].view({-1});
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      const double at = values[i].item<double>();
      values[i] = at + kStep;
      const double above = loss(inputs).item<double>();
      values[i] = at - kStep;
      const double below = loss(inputs).item<double>();
      values[i] = at;
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), tolerance)
          << "input " << k << " element " << i;
    }
  }
}

}  // namespace molbridge::train
