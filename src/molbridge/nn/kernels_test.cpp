#include "molbridge/nn/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "molbridge/core/rng.hpp"
#include "molbridge/nn/kernel_table.hpp"

namespace molbridge::nn {
namespace {

std::vector<float> random_floats(std::size_t count, std::uint64_t seed, double scale = 1) {
  Rng rng(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng.normal() * scale);
  return values;
}

std::vector<const KernelTable*> tables_that_run() {
  std::vector<const KernelTable*> tables = {&kBaselineKernels};
  if (std::string_view(kernels().name) != "baseline") tables.push_back(&kAvx2Kernels);
  if (std::string_view(kernels().name) == "avx512") tables.push_back(&kAvx512Kernels);
  return tables;
}

TEST(LayerNorm, EverySetAndWidth_EqualsTheDefinition) {
  for (const auto* table : tables_that_run()) {
    for (const std::size_t width : {1U, 3U, 16U, 52U, 64U, 100U, 1024U}) {
      const auto x = random_floats(width, width, 3), weight = random_floats(width, 1), bias = random_floats(width, 2);
      std::vector<float> y(width);
      table->layer_norm_row(x.data(), static_cast<std::int64_t>(width), weight.data(), bias.data(), 1e-5F, y.data());
      double mean = 0, variance = 0;
      for (const float value : x) mean += value / static_cast<double>(width);
      for (const float value : x) variance += (value - mean) * (value - mean) / static_cast<double>(width);
      for (std::size_t i = 0; i < width; ++i) {
        EXPECT_NEAR(y[i], (x[i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + bias[i], 5e-6)
            << table->name << width;
      }
    }
  }
}

struct Case {
  std::int64_t tokens, queries, heads, width;
  bool biased;
};

std::vector<double> attention_by_definition(const std::vector<float>& qkv, const Case& c,
                                            const std::vector<float>& bias) {
  const std::int64_t model = c.heads * c.width;
  std::vector<double> out(static_cast<std::size_t>(c.queries * model));
  for (std::int64_t h = 0; h < c.heads; ++h) {
    for (std::int64_t i = 0; i < c.queries; ++i) {
      std::vector<double> weights;
      double total = 0;
      for (std::int64_t j = 0; j < c.tokens; ++j) {
        double score = 0;
        for (std::int64_t d = 0; d < c.width; ++d) {
          score +=
              static_cast<double>(qkv[i * 3 * model + h * c.width + d]) * qkv[j * 3 * model + model + h * c.width + d];
        }
        weights.push_back(std::exp(score / std::sqrt(c.width) + (c.biased ? bias[j] : 0)));
        total += weights.back();
      }
      for (std::int64_t j = 0; j < c.tokens; ++j) {
        for (std::int64_t d = 0; d < c.width; ++d) {
          out[i * model + h * c.width + d] += weights[j] / total * qkv[j * 3 * model + 2 * model + h * c.width + d];
        }
      }
    }
  }
  return out;
}

TEST(SelfAttention, ManyShapes_EqualsTheDefinition) {
  for (const Case c : {Case{1, 1, 1, 4, false}, Case{5, 5, 2, 13, true}, Case{33, 33, 4, 16, true},
                       Case{32, 7, 3, 64, false}, Case{101, 1, 8, 128, true}, Case{70, 70, 12, 32, false}}) {
    const auto qkv = random_floats(static_cast<std::size_t>(c.tokens * 3 * c.heads * c.width), 7);
    auto bias = random_floats(static_cast<std::size_t>(c.tokens), 8);
    if (c.tokens > 3) bias[2] = -std::numeric_limits<float>::infinity();
    std::vector<float> out(static_cast<std::size_t>(c.queries * c.heads * c.width));
    self_attention(qkv.data(), c.tokens, c.queries, {c.heads, c.width, 1.0F / std::sqrt(static_cast<float>(c.width))},
                   c.biased ? std::span<const float>(bias) : std::span<const float>(), out.data());
    const auto expected = attention_by_definition(qkv, c, bias);
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], 5e-6) << c.tokens << " at " << i;
  }
}

TEST(SelfAttention, EverySet_AgreesWithTheBaseline) {
  const std::int64_t keys = 64, width = 24, padded = 32, tokens = 50;
  const auto q = random_floats(7 * width, 1), k = random_floats(width * keys, 2), v = random_floats(tokens * padded, 3);
  std::vector<float> bias(keys, 0.0F), scores(4 * keys), expected(7 * width), out(7 * width);
  std::fill(bias.begin() + tokens, bias.end(), -std::numeric_limits<float>::infinity());
  const auto run = [&](const KernelTable& table, std::vector<float>& to) {
    table.attend_head(
        {q.data(), k.data(), v.data(), bias.data(), 7, tokens, keys, width, padded, scores.data(), to.data(), width});
  };
  run(kBaselineKernels, expected);
  for (const auto* table : tables_that_run()) {
    run(*table, out);
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], 5e-6) << table->name;
  }
}

TEST(FourierFeatures, EverySet_EqualsExactFunctionsOfTheFloat32Phase) {
  const std::vector<float> frequencies = {5000.0F, 2500.0F, 1666.6666F, 1.0002F, 0.5F, 0.001001F,
                                          4999.0F, 3.0F,    17.0F,      0.0F,    2.5F};
  for (const auto* table : tables_that_run()) {
    for (const float mz : {0.0F, 58.065F, 121.0509F, 999.9999F, 1999.123F, 50000.7F, -1.0F}) {
      std::vector<float> out(2 * frequencies.size());
      table->fourier_features(mz, frequencies.data(), static_cast<std::int64_t>(frequencies.size()), out.data());
      for (std::size_t i = 0; i < frequencies.size(); ++i) {
        const float phase = (6.2831855F * mz) * frequencies[i];
        EXPECT_NEAR(out[i], std::cos(static_cast<double>(phase)), 7e-8)
            << table->name << " " << mz << " " << frequencies[i];
        EXPECT_NEAR(out[frequencies.size() + i], std::sin(static_cast<double>(phase)), 7e-8) << table->name;
      }
    }
  }
}

TEST(ToBfloat16, EverySet_RoundsToNearestEvenAndKeepsTheRest) {
  const std::vector<float> x = {1.0F,
                                1.00390625F,
                                1.01171875F,
                                -3.14159274F,
                                0.0F,
                                1e-30F,
                                3.3e38F,
                                65504.0F,
                                0.1F,
                                -0.0F,
                                7.0F,
                                1e10F,
                                std::numeric_limits<float>::infinity(),
                                std::numeric_limits<float>::quiet_NaN(),
                                2.5F,
                                9.0F,
                                11.7F};
  const auto widen = [](std::uint16_t half) { return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16U); };
  for (const auto* table : tables_that_run()) {
    std::vector<std::uint16_t> upper(x.size()), rest(x.size());
    table->to_bfloat16(x.data(), static_cast<std::int64_t>(x.size()), upper.data(), rest.data());
    EXPECT_EQ(widen(upper[1]), 1.0F) << "a tie goes to the even one";
    EXPECT_EQ(widen(upper[2]), 1.015625F) << "a tie goes to the even one";
    EXPECT_TRUE(std::isinf(widen(upper[12])));
    EXPECT_TRUE(std::isnan(widen(upper[13])));
    for (const std::size_t i : {0U, 3U, 4U, 7U, 8U, 10U, 11U, 14U, 16U}) {
      EXPECT_NEAR(widen(upper[i]), x[i], std::abs(x[i]) / 256) << table->name;
      EXPECT_NEAR(widen(upper[i]) + widen(rest[i]), x[i], std::abs(x[i]) / 65536) << table->name;
    }
  }
}

TEST(RotatePositions, FirstTokenStays_OthersKeepTheirLength) {
  auto x = random_floats(3 * 8, 5);
  const auto before = x;
  rotate_positions(x.data(), 3, 8, {2, 4, 0}, 10000.0F);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_FLOAT_EQ(x[i], before[i]);
  EXPECT_NEAR(x[8], before[8] * std::cos(1.0) - before[10] * std::sin(1.0), 1e-6);
  EXPECT_NEAR(x[10], before[10] * std::cos(1.0) + before[8] * std::sin(1.0), 1e-6);
  EXPECT_NEAR(x[17], before[17] * std::cos(0.02) - before[19] * std::sin(0.02), 1e-6);
}

}  // namespace
}  // namespace molbridge::nn
