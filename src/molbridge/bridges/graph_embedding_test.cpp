#include "molbridge/bridges/graph_embedding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::bridges {
namespace {

constexpr std::size_t kWidth = 8;

std::vector<float> random_vector(Rng& rng, std::size_t width) {
  std::vector<float> out(width);
  for (float& value : out) value = static_cast<float>(rng.normal());
  return out;
}

double product(const GraphEmbedding& kind, std::span<const float> head, std::span<const float> relation,
               std::span<const float> tail) {
  std::vector<float> q(kind.product_width()), t(kind.product_width());
  kind.query(head, relation, q);
  kind.tail(tail, t);
  return std::inner_product(q.begin(), q.end(), t.begin(), 0.0);
}

class GraphEmbeddingTest : public testing::TestWithParam<std::string> {};

// The goldens are PyKEEN's: tools/referee_graph_embeddings.py golden.
TEST_P(GraphEmbeddingTest, Score_RandomVectors_IsPyKeens) {
  const auto file = nn::Weights::open(MOLBRIDGE_SOURCE_DIR "/tests/golden/graph_embedding/scores.safetensors");
  const GraphEmbedding kind(GetParam(), kWidth);
  const auto rows = static_cast<std::size_t>(file.at("heads").shape[0]);
  const auto heads = file.floats("heads", {-1, kWidth}), tails = file.floats("tails", {-1, kWidth});
  const auto width = static_cast<std::int64_t>(kind.relation_width());
  const auto relations = file.floats("relations." + GetParam(), {-1, width});
  const auto scores = file.floats("scores." + GetParam(), {-1});
  ASSERT_GE(rows, 16U);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto relation = std::span(relations).subspan(i * kind.relation_width(), kind.relation_width());
    const double score = kind.score(std::span(heads).subspan(i * kWidth, kWidth), relation,
                                    std::span(tails).subspan(i * kWidth, kWidth));
    EXPECT_NEAR(score, scores[i], 1e-5) << i;
  }
}

TEST_P(GraphEmbeddingTest, Product_ManyTails_OrdersAsTheScore) {
  Rng rng(7, GetParam());
  const GraphEmbedding kind(GetParam(), kWidth);
  const auto head = random_vector(rng, kWidth), relation = random_vector(rng, kind.relation_width());
  std::vector<std::pair<double, double>> pairs;  // product, score
  for (int i = 0; i < 200; ++i) {
    const auto tail = random_vector(rng, kWidth);
    pairs.emplace_back(product(kind, head, relation, tail), kind.score(head, relation, tail));
  }
  std::sort(pairs.begin(), pairs.end());
  for (std::size_t i = 1; i < pairs.size(); ++i) EXPECT_LE(pairs[i - 1].second, pairs[i].second) << i;
  for (const auto& [value, score] : pairs) EXPECT_NEAR(value, kind.is_distance() ? -score * score : score, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Kinds, GraphEmbeddingTest, testing::ValuesIn(graph_embedding_kinds()),
                         [](const auto& kind) { return kind.param; });

TEST(GraphEmbedding, Rotate_QuarterTurn_TurnsRealIntoImaginary) {
  const GraphEmbedding kind("rotate", 2);
  const std::vector<float> head{1, 0}, quarter{1.57079633F}, up{0, 1}, down{0, -1};
  EXPECT_NEAR(kind.score(head, quarter, up), 0, 1e-6);
  EXPECT_NEAR(kind.score(head, quarter, down), -2, 1e-6);
}

TEST(GraphEmbedding, Complex_ExchangedEnds_ScoresDifferently) {
  const GraphEmbedding kind("complex", 2);
  const std::vector<float> a{1, 0}, b{0, 1}, turn{0, 1};
  EXPECT_NEAR(kind.score(a, turn, b), 1, 1e-6);
  EXPECT_NEAR(kind.score(b, turn, a), -1, 1e-6);
}

TEST(GraphEmbedding, Constructor_UnknownKindOrOddComplexWidth_IsUsage) {
  for (const auto& [kind, width] : {std::pair{"transh", 8}, {"complex", 7}, {"rotate", 7}, {"transe", 0}}) {
    try {
      const GraphEmbedding embedding(kind, static_cast<std::size_t>(width));
      FAIL() << kind;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    }
  }
}

}  // namespace
}  // namespace molbridge::bridges
