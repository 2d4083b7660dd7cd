#include "molbridge/learn/fingerprint_ffn.hpp"

#include <gtest/gtest.h>

#include "molbridge/learn/test_gradients.hpp"

namespace molbridge::learn {
namespace {

SparseBatch batch_of(const std::vector<std::vector<std::pair<std::int64_t, float>>>& rows) {
  std::vector<std::int64_t> indices, offsets;
  std::vector<float> values;
  for (const auto& row : rows) {
    offsets.push_back(static_cast<std::int64_t>(indices.size()));
    for (const auto& [index, value] : row) {
      indices.push_back(index);
      values.push_back(value);
    }
  }
  return {torch::tensor(indices, torch::kInt64), torch::tensor(offsets, torch::kInt64),
          torch::tensor(values, torch::kFloat32)};
}

FingerprintFfn small_model(std::int64_t layers) {
  torch::manual_seed(7);
  FingerprintFfn model(FingerprintFfnOptions{.inputs = 9, .hidden = 5, .layers = layers, .outputs = 4, .dropout = 0.5});
  model->eval();
  return model;
}

TEST(FingerprintFfn, SparseRows_EqualTheDenseProduct) {
  FingerprintFfn model = small_model(1);
  const auto state = named_state(*model);
  torch::Tensor dense = torch::zeros({2, 9});
  dense[0][1] = 0.5;
  dense[0][8] = 2.0;
  dense[1][3] = -1.0;
  const torch::Tensor hidden = torch::relu(dense.matmul(state.at("input_weight")) + state.at("input_bias"));
  const torch::Tensor expected = hidden.matmul(state.at("output.weight").t()) + state.at("output.bias");
  const torch::Tensor got = model->forward(batch_of({{{1, 0.5F}, {8, 2.0F}}, {{3, -1.0F}}}));
  EXPECT_TRUE(torch::allclose(got, expected, 1e-5, 1e-6));
}

TEST(FingerprintFfn, Row_DoesNotDependOnItsBatch) {
  FingerprintFfn model = small_model(3);
  const torch::Tensor alone = model->forward(batch_of({{{2, 1.0F}}}));
  const torch::Tensor among = model->forward(batch_of({{{0, 3.0F}, {5, 1.0F}}, {{2, 1.0F}}, {}}));
  EXPECT_TRUE(torch::allclose(alone[0], among[1], 1e-5, 1e-6));
}

TEST(FingerprintFfn, Gradients_MatchFiniteDifferences) {
  FingerprintFfn model = small_model(2);
  model->to(torch::kFloat64);
  SparseBatch batch = batch_of({{{1, 0.5F}, {8, 2.0F}}, {{3, 1.0F}}});
  batch.values = batch.values.to(torch::kFloat64);
  expect_gradients(*model, [&] { return torch::sigmoid(model->forward(batch)).pow(2).sum(); });
}

TEST(FingerprintFfn, OutputPrior_IsWhatAnEmptyHiddenLayerPredicts) {
  FingerprintFfn model = small_model(1);
  const torch::Tensor frequency = torch::tensor({0.5, 0.1, 0.9, 0.25}, torch::kFloat32);
  model->set_output_prior(frequency);
  const auto state = named_state(*model);
  EXPECT_TRUE(torch::allclose(torch::sigmoid(state.at("output.bias")), frequency, 1e-5, 1e-6));
}

TEST(FingerprintFfn, LogOddsRatio_IsZeroWhereTheSpectrumSaysNothing) {
  FingerprintFfn model = small_model(1);
  model->set_output_prior(torch::tensor({0.5, 0.1, 0.9, 0.25}, torch::kFloat32));
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : model->named_parameters()) {
      if (parameter.key() == "output.weight") parameter.value().zero_();
    }
  }
  EXPECT_LT(model->log_odds_ratio(batch_of({{{2, 1.0F}}})).abs().max().item<double>(), 1e-6);
}

}  // namespace
}  // namespace molbridge::learn
