#include "molbridge/bridges/linear_side.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/bridges/bit_lengths.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::bridges {
namespace {

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out(count);
  for (float& value : out) value = static_cast<float>(rng.next() >> 40) * 0x1p-23F - 1.0F;
  return out;
}

LinearSide random_side(std::uint64_t inputs, std::uint64_t outputs, bool has_bias) {
  return {random_values(inputs * outputs, 3), has_bias ? random_values(outputs, 4) : std::vector<float>(), inputs,
          outputs};
}

/// W x + b in float64.
std::vector<double> projected(const LinearSide& side, const float* x) {
  std::vector<double> y(side.outputs());
  for (std::size_t o = 0; o < y.size(); ++o) {
    y[o] = side.bias().empty() ? 0.0 : static_cast<double>(side.bias()[o]);
    for (std::size_t i = 0; i < side.inputs(); ++i)
      y[o] += static_cast<double>(side.weight()[o * side.inputs() + i]) * x[i];
  }
  return y;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

TEST(LinearSide, ApplyNormalized_IsTheProjectionOfLengthOne) {
  const LinearSide side = random_side(24, 5, true);
  const std::vector<float> x = random_values(3 * 24, 7);
  std::vector<float> y(3 * 5);
  side.apply_normalized(x.data(), 3, y.data());
  for (std::size_t row = 0; row < 3; ++row) {
    const std::vector<double> expected = projected(side, x.data() + row * 24);
    const double length = std::sqrt(dot(expected, expected));
    for (std::size_t o = 0; o < 5; ++o) EXPECT_NEAR(y[row * 5 + o], expected[o] / length, 1e-6);
  }
}

TEST(LinearSide, ApplyNormalized_ZeroRowWithoutBias_StaysZero) {
  const LinearSide side = random_side(16, 4, false);
  std::vector<float> y(4, 9.0F);
  side.apply_normalized(std::vector<float>(16, 0.0F).data(), 1, y.data());
  EXPECT_EQ(y, std::vector<float>(4, 0.0F));
}

TEST(LinearSide, Fold_GivesTheProductWithTheProjectedRow) {
  for (const bool has_bias : {false, true}) {
    const LinearSide side = random_side(40, 6, has_bias);
    const std::vector<float> x = random_values(40, 8), q = random_values(6, 9);
    const FoldedQuery folded = side.fold(q);
    double sum = folded.constant;
    for (std::size_t i = 0; i < 40; ++i) sum += static_cast<double>(folded.query[i]) * x[i];
    const std::vector<double> wide(q.begin(), q.end());
    EXPECT_NEAR(sum, dot(wide, projected(side, x.data())), 1e-6);
    EXPECT_NEAR(folded.norm, std::sqrt(dot(wide, wide)), 1e-12);
  }
}

/// Rows with few, no and all bits, outputs that fill no block of sums.
TEST(BitLengths, Squared_MatchesTheProjectionInFloat64) {
  constexpr std::uint64_t kInputs = 136, kOutputs = 150;
  const LinearSide side = random_side(kInputs, kOutputs, true);
  Rng rng(5);
  std::vector<std::vector<std::byte>> rows(200, std::vector<std::byte>(kInputs / 8));
  for (std::size_t r = 2; r < rows.size(); ++r) {
    for (int i = 0; i < 12; ++i) {
      const auto bit = rng.below(kInputs);
      rows[r][bit / 8] |= static_cast<std::byte>(1U << (bit % 8));
    }
  }
  std::fill(rows[1].begin(), rows[1].end(), std::byte{0xff});
  std::vector<const std::byte*> pointers;
  for (const auto& row : rows) pointers.push_back(row.data());
  std::vector<double> squares(rows.size());
  BitLengths(side).squared(pointers.data(), rows.size(), squares.data());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::vector<float> x(kInputs);
    for (std::size_t i = 0; i < kInputs; ++i) x[i] = static_cast<float>((unsigned(rows[r][i / 8]) >> (i % 8)) & 1U);
    const std::vector<double> y = projected(side, x.data());
    EXPECT_NEAR(squares[r], dot(y, y), 1e-5 * dot(y, y)) << "row " << r;
  }
}

}  // namespace
}  // namespace molbridge::bridges
