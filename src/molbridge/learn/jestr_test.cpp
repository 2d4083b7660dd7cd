#include "molbridge/learn/jestr.hpp"

#include <gtest/gtest.h>

#include "molbridge/learn/deep_sets.hpp"
#include "molbridge/learn/test_gradients.hpp"

namespace molbridge::learn {
namespace {

/// Two molecules: a chain of three atoms and a single atom.
GraphBatch small_batch(torch::Dtype dtype) {
  torch::manual_seed(3);
  const auto ints = [](std::vector<std::int64_t> values) { return torch::tensor(values, torch::kInt64); };
  return {torch::rand({4, 5}, dtype), ints({0, 1, 1, 0, 2, 2, 1, 3}), torch::rand({8}, dtype), ints({0, 2, 5, 7}),
          ints({0, 3})};
}

GraphNet small_net() { return GraphNet(GraphNetOptions{.inputs = 5, .convolutions = {6, 4}, .head = {7, 3}}); }

TEST(GraphNet, Gradients_MatchDifferences) {
  torch::manual_seed(1);
  GraphNet net(GraphNetOptions{
      .inputs = 5, .convolutions = {6, 4}, .head = {7, 3}, .convolution_dropout = 0, .head_dropout = 0});
  net->to(torch::kFloat64);
  const GraphBatch batch = small_batch(torch::kFloat64);
  const torch::Tensor direction = torch::rand({2, 3}, torch::kFloat64);
  net->eval();  // running statistics: a training pass would move them
  expect_gradients(*net, [&] { return (net(batch) * direction).sum().tanh(); });
}

TEST(GraphNet, FoldedNorms_ComputeTheSame) {
  GraphNet net = small_net();
  const GraphBatch batch = small_batch(torch::kFloat32);
  for (int i = 0; i < 5; ++i) net(batch);  // moves the running statistics
  net->eval();
  const torch::NoGradGuard no_grad;
  NamedTensors folded = folded_tensors(*net);
  torch::Tensor x = batch.features;
  for (int layer = 0; layer < 2; ++layer) {
    torch::Tensor sums = torch::zeros_like(x);
    for (int atom = 0; atom < 4; ++atom) {
      const auto end = atom < 3 ? batch.atoms[atom + 1].item<std::int64_t>() : 8;
      for (auto e = batch.atoms[atom].item<std::int64_t>(); e < end; ++e)
        sums[atom] += batch.weights[e] * x[batch.neighbors[e].item<std::int64_t>()];
    }
    const std::string name = "conv." + std::to_string(layer) + ".0.";
    x = torch::relu(torch::linear(sums, folded.at(name + "weight"), folded.at(name + "bias")));
  }
  x = torch::stack({x.slice(0, 0, 3).amax(0), x[3]});
  x = torch::relu(torch::linear(x, folded.at("head.0.weight"), folded.at("head.0.bias")));
  x = torch::linear(x, folded.at("head.1.weight"), folded.at("head.1.bias"));
  EXPECT_LT((x - net(batch)).abs().max().item<double>(), 1e-5);
  EXPECT_GT(x.abs().max().item<double>(), 1e-3);
}

TEST(Jestr, SidesOfDifferentWidth_AreADefect) {
  JestrOptions options{.spectrum = {10, 4}, .molecule = {.inputs = 5, .convolutions = {6}, .head = {3}}};
  EXPECT_THROW(Jestr{options}, Error);
}

TEST(DeepSets, Gradients_MatchDifferences) {
  for (const bool mean : {false, true}) {
    torch::manual_seed(1);
    DeepSets net(DeepSetsOptions{.inputs = 6,
                                 .fourier_hidden = 3,
                                 .fourier_width = 4,
                                 .hidden = 5,
                                 .layers = 2,
                                 .outputs = 3,
                                 .mean = mean,
                                 .dropout = 0});
    net->to(torch::kFloat64);
    const torch::Tensor tokens = torch::rand({7, 6}, torch::kFloat64);
    const torch::Tensor offsets = torch::tensor(std::vector<std::int64_t>{0, 3, 3, 5}, torch::kInt64);
    const torch::Tensor direction = torch::rand({4, 3}, torch::kFloat64);
    expect_gradients(*net, [&] { return (net(tokens, offsets) * direction).sum().tanh(); });
  }
}

TEST(DeepSets, Sets_DoNotSeeEachOtherNorAnOrder) {
  torch::manual_seed(2);
  DeepSets net(DeepSetsOptions{.hidden = 16, .layers = 2, .outputs = 5});
  net->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor tokens = torch::rand({5, 2});
  const auto ints = [](std::vector<std::int64_t> values) { return torch::tensor(values, torch::kInt64); };
  const torch::Tensor together = net(tokens, ints({0, 2, 2}));
  EXPECT_TRUE(torch::allclose(together[0], net(tokens.slice(0, 0, 2), ints({0}))[0]));
  EXPECT_TRUE(torch::allclose(together[2], net(tokens.slice(0, 2).flip(0), ints({0}))[0], 1e-4, 1e-6));
  EXPECT_TRUE(torch::allclose(together[1], net(tokens.slice(0, 0, 0), ints({0}))[0]));
  EXPECT_FALSE(torch::allclose(together[0], together[2]));
}

}  // namespace
}  // namespace molbridge::learn
