#include "molbridge/bank/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "molbridge/bank/half.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::bank {
namespace {

struct Row {
  std::vector<std::byte> stored;
  std::vector<float> values;
};

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Row random_row(Dtype dtype, std::size_t width, Rng& rng) {
  Row row;
  row.values.resize(width);
  const std::uint64_t sparsity = 1 + rng.below(60);
  for (auto& value : row.values) {
    value = dtype == Dtype::kBits ? (rng.below(sparsity) == 0 ? 1.0F : 0.0F) : static_cast<float>(rng.normal());
  }
  if (dtype == Dtype::kFloat32) row.stored = bytes_of(row.values);
  if (dtype == Dtype::kFloat16) {
    std::vector<std::uint16_t> halves(width);
    for (std::size_t i = 0; i < width; ++i) {
      halves[i] = half_from_float(row.values[i]);
      row.values[i] = float_from_half(halves[i]);
    }
    row.stored = bytes_of(halves);
  }
  if (dtype == Dtype::kBits) {
    row.stored.resize(width / 8);
    for (std::size_t i = 0; i < width; ++i) {
      if (row.values[i] != 0) row.stored[i / 8] |= static_cast<std::byte>(1U << (i % 8));
    }
  }
  return row;
}

std::vector<float> random_query(std::size_t width, Rng& rng) {
  std::vector<float> query(width);
  for (auto& value : query) value = static_cast<float>(rng.normal());
  return query;
}

double plain_cosine(const std::vector<float>& a, const std::vector<float>& b) {
  long double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<long double>(a[i]) * b[i];
    aa += static_cast<long double>(a[i]) * a[i];
    bb += static_cast<long double>(b[i]) * b[i];
  }
  return aa == 0 || bb == 0 ? 0.0 : static_cast<double>(dot / std::sqrt(aa * bb));
}

class Scorers : public ::testing::TestWithParam<Dtype> {
 protected:
  std::vector<std::size_t> widths() const {
    if (GetParam() == Dtype::kBits) return {8, 24, 64, 72, 1000, 4096, 4104, 8192, 8200};
    return {1, 7, 15, 16, 17, 33, 1000, 4096};
  }
};

TEST_P(Scorers, Cosine_RandomRows_IsThePlainOne) {
  Rng rng(11);
  for (const std::size_t width : widths()) {
    for (int i = 0; i < 20; ++i) {
      const Row row = random_row(GetParam(), width, rng);
      const auto query = random_query(width, rng);
      EXPECT_NEAR(Scorer(GetParam(), query).cosine(row.stored.data()), plain_cosine(query, row.values), 2e-7) << width;
    }
  }
}

TEST_P(Scorers, Cosine_OnTheProcessorsBestPath_HasTheBitsOfThePortableOne) {
  Rng rng(12);
  for (const std::size_t width : widths()) {
    for (int i = 0; i < 50; ++i) {
      const Row row = random_row(GetParam(), width, rng);
      const auto query = random_query(width, rng);
      const float fast = Scorer(GetParam(), query).cosine(row.stored.data());
      ASSERT_EQ(fast, Scorer(GetParam(), query, true).cosine(row.stored.data())) << width;
    }
  }
}

TEST_P(Scorers, Cosine_ZeroRowOrZeroQuery_IsZero) {
  constexpr std::size_t kWidth = 64;
  const std::vector<std::byte> zero_row(row_bytes(GetParam(), kWidth), std::byte{0});
  EXPECT_EQ(Scorer(GetParam(), std::vector<float>(kWidth, 1.0F)).cosine(zero_row.data()), 0.0F);
  Rng rng(13);
  const Row row = random_row(GetParam(), kWidth, rng);
  EXPECT_EQ(Scorer(GetParam(), std::vector<float>(kWidth, 0.0F)).cosine(row.stored.data()), 0.0F);
}

TEST_P(Scorers, Cosine_QueryIsTheRow_IsOne) {
  Rng rng(14);
  const Row row = random_row(GetParam(), 4096, rng);
  EXPECT_NEAR(Scorer(GetParam(), row.values).cosine(row.stored.data()), 1.0F, 1e-7F);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, Scorers, ::testing::Values(Dtype::kFloat32, Dtype::kFloat16, Dtype::kBits),
                         [](const auto& param) { return std::string(name(param.param)); });

TEST(Scorer, Cosine_BitsAndTheSameRowAsFloat32_AgreeTo1e6) {
  Rng rng(15);
  for (int i = 0; i < 200; ++i) {
    const Row bits = random_row(Dtype::kBits, 4096, rng);
    const auto query = random_query(4096, rng);
    const float dense = Scorer(Dtype::kFloat32, query).cosine(bytes_of(bits.values).data());
    EXPECT_NEAR(Scorer(Dtype::kBits, query).cosine(bits.stored.data()), dense, 1e-6F);
  }
}

TEST(Scorer, Cosine_AllBitsSet_CountsEveryComponent) {
  const std::vector<std::byte> row(8192 / 8, std::byte{0xff});
  EXPECT_FLOAT_EQ(Scorer(Dtype::kBits, std::vector<float>(8192, 0.25F)).cosine(row.data()), 1.0F);
}

TEST(ScorerDotTest, Dot_IsTheProductWithoutLengths) {
  const std::vector<float> query = {1, 2, 3}, row = {4, -5, 0.5F};
  const auto* bytes = reinterpret_cast<const std::byte*>(row.data());
  const Scorer scorer(Dtype::kFloat32, query);
  EXPECT_FLOAT_EQ(scorer.dot(bytes), -4.5F);
  EXPECT_EQ(scorer.score(Similarity::kDot, bytes), scorer.dot(bytes));
  EXPECT_EQ(scorer.score(Similarity::kCosine, bytes), scorer.cosine(bytes));
}

}  // namespace
}  // namespace molbridge::bank
