#include "molbridge/bank/half.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "molbridge/core/rng.hpp"

namespace molbridge::bank {
namespace {

TEST(Half, FloatFromHalf_EveryFiniteHalf_ComesBackFromFloat) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_from_half(half);
    if (std::isnan(value)) {
      EXPECT_EQ(half_from_float(value), half | 0x200) << bits;  // NaN stays NaN, made quiet
      continue;
    }
    ASSERT_EQ(half_from_float(value), half) << bits;
  }
}

TEST(Half, FloatFromHalf_KnownValues_AreRight) {
  EXPECT_EQ(float_from_half(0x3c00), 1.0F);
  EXPECT_EQ(float_from_half(0xc000), -2.0F);
  EXPECT_EQ(float_from_half(0x7bff), kLargestHalf);
  EXPECT_EQ(float_from_half(0x0001), 0x1p-24F);
  EXPECT_EQ(float_from_half(0x0400), 0x1p-14F);
  EXPECT_EQ(float_from_half(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::signbit(float_from_half(0x8000)));
}

TEST(Half, HalfFromFloat_BetweenTwoHalves_GoesToNearestAndTiesToEven) {
  // Between each pair of neighbours: a quarter, the middle and three quarters, exact in float32.
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const double low = float_from_half(static_cast<std::uint16_t>(bits));
    const double high = float_from_half(static_cast<std::uint16_t>(bits + 1));
    const auto at = [&](double part) { return half_from_float(static_cast<float>(low + part * (high - low))); };
    ASSERT_EQ(at(0.25), bits);
    ASSERT_EQ(at(0.75), bits + 1);
    ASSERT_EQ(at(0.5), (bits & 1) == 0 ? bits : bits + 1);
  }
}

TEST(Half, HalfFromFloat_BeyondTheRange_IsInfinityOrZero) {
  EXPECT_EQ(half_from_float(65519.996F), 0x7bff);
  EXPECT_EQ(half_from_float(65520.0F), 0x7c00);
  EXPECT_EQ(half_from_float(-1e30F), 0xfc00);
  EXPECT_EQ(half_from_float(0x1p-25F), 0x0000);
  EXPECT_EQ(half_from_float(std::nextafter(0x1p-25F, 1.0F)), 0x0001);
  EXPECT_EQ(half_from_float(-std::numeric_limits<float>::denorm_min()), 0x8000);
}

TEST(Half, HalvesFromFloats_RandomBits_EqualThePortablePath) {
  Rng rng(7);
  std::vector<float> in(100003);
  for (auto& value : in) value = std::bit_cast<float>(static_cast<std::uint32_t>(rng.next()));
  for (std::size_t i = 0; i < 20000; ++i) in[i] = static_cast<float>(rng.normal() * 0x1p-16);  // the subnormals
  std::vector<std::uint16_t> out(in.size());
  halves_from_floats(in, out);
  for (std::size_t i = 0; i < in.size(); ++i) {
    ASSERT_EQ(out[i], half_from_float(in[i])) << std::bit_cast<std::uint32_t>(in[i]);
  }
}

TEST(Half, FloatsFromHalves_EveryHalf_EqualsThePortablePath) {
  std::vector<std::uint16_t> in(0x10000 + 3);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::uint16_t>(i);
  std::vector<float> out(in.size());
  floats_from_halves(in, out);
  for (std::size_t i = 0; i < in.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(out[i]), std::bit_cast<std::uint32_t>(float_from_half(in[i]))) << i;
  }
}

}  // namespace
}  // namespace molbridge::bank
