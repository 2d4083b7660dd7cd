#include "molbridge/learn/graph_embedding.hpp"

#include <gtest/gtest.h>

#include "molbridge/nn/safetensors.hpp"

namespace molbridge::learn {
namespace {

constexpr std::int64_t kWidth = 8;

class LearnedGraphEmbeddingTest : public testing::TestWithParam<std::string> {
 protected:
  LearnedGraphEmbeddingTest() {
    torch::manual_seed(3);
    model_ = GraphEmbedding(
        GraphEmbeddingOptions{.kind = GetParam(), .entities = 20, .relations = 3, .width = kWidth, .margin = 6});
  }
  GraphEmbedding model_{nullptr};
};

// The same goldens hold the inference path: bridges/graph_embedding_test.cpp.
TEST_P(LearnedGraphEmbeddingTest, Scores_RandomVectors_ArePyKeensFromBothEnds) {
  const auto file = nn::SafetensorsFile::open(MOLBRIDGE_SOURCE_DIR "/tests/golden/graph_embedding/scores.safetensors");
  const torch::Tensor heads = load_tensor(file, "heads"), tails = load_tensor(file, "tails");
  const torch::Tensor relations = load_tensor(file, "relations." + GetParam());
  const torch::Tensor expected = load_tensor(file, "scores." + GetParam());
  const torch::NoGradGuard no_grad;
  const torch::Tensor by_tail = model_->pair_scores(model_->tail_queries(heads, relations), tails);
  const torch::Tensor by_head = model_->pair_scores(model_->head_queries(tails, relations), heads);
  EXPECT_TRUE(torch::allclose(by_tail, expected, 0, 1e-5)) << by_tail - expected;
  EXPECT_TRUE(torch::allclose(by_head, expected, 0, 1e-5)) << by_head - expected;
  const torch::Tensor all = model_->scores(model_->tail_queries(heads, relations), tails);
  EXPECT_TRUE(torch::allclose(all.diagonal(), expected, 0, 1e-4)) << all.diagonal() - expected;
}

TEST_P(LearnedGraphEmbeddingTest, Scores_IdenticalNodes_HaveFiniteGradients) {
  const torch::Tensor nodes = model_->entities.narrow(0, 0, 2);
  (model_->scores(nodes, nodes).sum() + model_->pair_scores(nodes, nodes).sum()).backward();
  EXPECT_TRUE(torch::isfinite(model_->entities.grad()).all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Kinds, LearnedGraphEmbeddingTest, testing::Values("transe", "distmult", "complex", "rotate"),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace molbridge::learn
