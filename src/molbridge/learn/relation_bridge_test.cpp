#include "molbridge/learn/relation_bridge.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/learn/residual_bridge.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::learn {
namespace {

constexpr std::int64_t kRows = 5;

RelationBridgeOptions published() {
  return {.types = 10, .relations = 18, .inputs = {{5, 768}, {1, 2560}, {2, 768}, {7, 768}, {6, 512}, {0, 768}}};
}

RelationBridgeOptions small(std::int64_t layers) {
  return {.types = 4,
          .relations = 5,
          .inputs = {{0, 10}, {1, 16}, {3, 7}},
          .width = 24,
          .layers = layers,
          .heads = 3,
          .feed_forward = 40};
}

RelationRows rows_of(std::int64_t head, std::int64_t relation, std::int64_t tail) {
  const auto all = [](std::int64_t value) { return torch::full({kRows}, value, torch::kInt64); };
  return {all(head), all(relation), all(tail)};
}

TEST(RelationBridge, PublishedSizes_HaveThePublishedNumberOfParameters) {
  EXPECT_EQ(num_parameters(*RelationBridge(published())), 37'827'072);
}

TEST(RelationBridge, ACheckpointOfThePublishedLayout_GivesTheVectorsOfPyTorchsEncoder) {
  const std::string folder = MOLBRIDGE_SOURCE_DIR "/tests/golden/relation/";
  const nn::Weights weights = nn::Weights::open(folder + "bridge.bin");
  RelationBridge bridge(small(2));
  bridge->eval();
  const torch::NoGradGuard no_grad;
  NamedTensors tensors;
  for (const auto& [name, view] : weights.tensors())
    tensors[name] =
        torch::tensor(weights.floats(name, std::vector<std::int64_t>(view.shape.size(), -1))).view(view.shape);
  load_state(*bridge, tensors, "bridge.bin");  // refuses what is missing, unknown or of another shape
  const auto expected = nn::SafetensorsFile::open(folder + "expected.safetensors");
  for (const auto& [head, relation, tail] : {std::tuple{0, 2, 1}, {1, 0, 1}, {3, 4, 2}, {1, 4, 0}}) {
    const torch::Tensor x = load_float(expected, "x." + std::to_string(head));
    const torch::Tensor query = bridge->query(bridge->project(head, x), rows_of(head, relation, tail));
    const torch::Tensor golden = load_float(
        expected, "query." + std::to_string(head) + "." + std::to_string(relation) + "." + std::to_string(tail));
    EXPECT_LT((query - golden).abs().max().item<double>(), 1e-5);
  }
}

TEST(RelationBridge, Dropout_ActsInTrainingAlone) {
  torch::manual_seed(3);
  RelationBridge bridge(small(2));
  const torch::Tensor x = torch::randn({kRows, 24});
  const auto query = [&] { return bridge->query(x, rows_of(0, 1, 1)); };
  bridge->train();
  EXPECT_FALSE(torch::equal(query(), query()));
  bridge->eval();
  EXPECT_TRUE(torch::equal(query(), query()));
}

TEST(RelationBridge, EveryParameter_HasAGradient) {
  for (const std::int64_t layers : {0, 1, 2}) {
    torch::manual_seed(4);
    RelationBridge bridge(small(layers));
    bridge->eval();
    torch::Tensor sum;
    for (const auto& [type, inputs] : bridge->options().inputs) {
      const torch::Tensor part =
          bridge->query(bridge->project(type, torch::randn({kRows, inputs})), rows_of(type, type, 2)).pow(3).sum();
      sum = sum.defined() ? sum + part : part;
    }
    sum.backward();
    for (const auto& item : bridge->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << item.key();
    }
  }
}

}  // namespace
}  // namespace molbridge::learn
