#include "molbridge/train/feature_rows.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "molbridge/encoders/item_encoder.hpp"

namespace molbridge::train {
namespace {

/// 3 rows of 16 components, of which some are not zero; the second row is empty.
std::vector<float> few() {
  std::vector<float> rows(48, 0.0F);
  rows[3] = 1, rows[9] = 2.5F, rows[32] = -1, rows[47] = 4;
  return rows;
}

const std::vector<std::int64_t> kOrder{2, 0, 1, 2};

torch::Tensor expected(const std::vector<float>& rows) {
  return torch::tensor(rows, torch::kFloat64).view({-1, 16}).index_select(0, torch::tensor(kOrder, torch::kInt64));
}

TEST(FeatureRows, MostlyZeros_AreKeptSparseAndComeBackWhole) {
  FeatureRows rows(16);
  rows.append(few());
  EXPECT_TRUE(rows.is_sparse());
  EXPECT_TRUE(torch::equal(rows.dense(kOrder), expected(few())));
  const learn::FeatureBatch batch = rows.batch(kOrder);
  EXPECT_FALSE(batch.dense.defined());
  EXPECT_EQ(batch.indices.numel(), 6);
  EXPECT_EQ(batch.offsets.numel(), 4);
}

TEST(FeatureRows, Dense_ComeBackWhole) {
  std::vector<float> values(48);
  std::iota(values.begin(), values.end(), 1.0F);
  FeatureRows rows(16);
  rows.append(std::span(values).first(16));
  rows.append(std::span(values).subspan(16));
  EXPECT_FALSE(rows.is_sparse());
  EXPECT_EQ(rows.size(), 3);
  EXPECT_TRUE(torch::equal(rows.dense(kOrder), expected(values)));
}

TEST(FeatureRows, Mean_IsWeighted) {
  FeatureRows rows(16);
  rows.append(few());
  const std::vector<double> weights{1, 0, 3};
  const torch::Tensor all = torch::tensor(few(), torch::kFloat64).view({3, 16});
  EXPECT_TRUE(torch::allclose(rows.mean(weights), (all[0] + 3 * all[2]) / 4));
}

TEST(FeatureRows, EncodersSideBySide_AreAsTheirEncoderSays) {
  const auto encoder = encoders::make_item_encoder(encoders::Modality::kProtein, "dipeptides + 2*composition");
  const std::vector<std::string> items{"MKTAYIAK", "no protein 1", "GGGSGG", "M"};  // the last has no pair
  std::vector<float> direct(items.size() * encoder->width());
  const auto states = encoder->encode(items, 1, direct);
  encoders::EmbeddingCache cache("");
  const FeatureRows rows = FeatureRows::encode(*encoder, cache, items, 1, no_progress());
  EXPECT_TRUE(rows.is_sparse());
  const torch::Tensor expected = torch::tensor(direct, torch::kFloat64).view({4, 420});
  EXPECT_TRUE(torch::equal(rows.dense(std::vector<std::int64_t>{0, 1, 2, 3}), expected));
  for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(rows.states()[i].reason, states[i].reason) << i;
  EXPECT_TRUE(states[3].ok() && !states[1].ok());
}

}  // namespace
}  // namespace molbridge::train
