#include "molbridge/bridges/relation_transformer.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::bridges {
namespace {

const std::string kGoldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/relation/";
constexpr std::int64_t kRows = 5, kWidth = 24;

class RelationGoldens : public ::testing::Test {
 protected:
  RelationGoldens()
      : weights_(nn::Weights::open(kGoldens + "bridge.bin")),
        expected_(nn::Weights::open(kGoldens + "expected.safetensors")),
        bridge_(RelationTransformer::read(weights_, 3, nn::Precision::kFloat32, used_)) {}

  std::vector<float> inputs(std::int64_t type) const { return expected_.floats("x." + std::to_string(type), {-1, -1}); }
  std::vector<float> query(const RelationIds& ids, std::int64_t rows, const float* x) const {
    std::vector<float> out(static_cast<std::size_t>(rows * kWidth));
    bridge_.heads(ids, x, rows, out.data());
    return out;
  }

  nn::Weights weights_, expected_;
  std::set<std::string> used_;
  RelationTransformer bridge_;
};

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-5) << i;
}

TEST_F(RelationGoldens, Queries_AreThoseOfPyTorchsEncoder) {
  for (const RelationIds& ids : {RelationIds{0, 2, 1}, {1, 0, 1}, {3, 4, 2}, {1, 4, 0}}) {
    const std::string name = "query." + std::to_string(ids.head_type) + "." + std::to_string(ids.relation) + "." +
                             std::to_string(ids.tail_type);
    expect_near(query(ids, kRows, inputs(ids.head_type).data()), expected_.floats(name, {kRows, kWidth}));
  }
}

TEST_F(RelationGoldens, Tails_AreProjectedAlone) {
  for (const std::int64_t type : {0, 1, 3}) {
    std::vector<float> out(static_cast<std::size_t>(kRows * kWidth));
    bridge_.projection(type)->apply(inputs(type).data(), kRows, out.data());
    expect_near(out, expected_.floats("tail." + std::to_string(type), {kRows, kWidth}));
  }
  EXPECT_EQ(bridge_.projection(2), nullptr);
}

TEST_F(RelationGoldens, EveryTensor_IsUsed) {
  for (const auto& [name, view] : weights_.tensors()) EXPECT_TRUE(used_.contains(name)) << name;
  EXPECT_EQ(bridge_.layers(), 2);
  EXPECT_EQ(bridge_.num_types(), 4);
  EXPECT_EQ(bridge_.num_relations(), 5);
}

TEST_F(RelationGoldens, Rows_DoNotDependOnTheirNeighbours) {
  const std::vector<float> x = inputs(1);
  std::vector<float> many;
  for (int i = 0; i < 20; ++i) many.insert(many.end(), x.begin(), x.end());  // more than one block
  const RelationIds ids{1, 3, 0};
  const std::vector<float> alone = query(ids, 1, x.data() + 2 * 16), all = query(ids, 20 * kRows, many.data());
  for (std::int64_t i = 0; i < kWidth; ++i)
    EXPECT_EQ(alone[static_cast<std::size_t>(i)], all[static_cast<std::size_t>((17 * kRows + 2) * kWidth + i)]) << i;
}

TEST_F(RelationGoldens, AnotherRelationOrTailType_GivesAnotherQuery) {
  const std::vector<float> x = inputs(0);
  const std::vector<float> one = query({0, 2, 1}, 1, x.data());
  for (const RelationIds& other : {RelationIds{0, 1, 1}, {0, 2, 3}}) {
    const std::vector<float> two = query(other, 1, x.data());
    float largest = 0;
    for (std::size_t i = 0; i < one.size(); ++i) largest = std::max(largest, std::abs(one[i] - two[i]));
    EXPECT_GT(largest, 1e-3F);
  }
}

TEST_F(RelationGoldens, HeadsThatDoNotDivideTheWidth_AreRefused) {
  for (const std::int64_t heads : {0, 5}) {
    std::set<std::string> used;
    try {
      RelationTransformer::read(weights_, heads, nn::Precision::kFloat32, used);
      FAIL() << heads;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kModel);
      EXPECT_NE(std::string(error.what()).find("bridge.bin"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace molbridge::bridges
