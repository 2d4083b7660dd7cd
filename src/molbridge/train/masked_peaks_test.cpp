#include "molbridge/train/masked_peaks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "molbridge/core/error.hpp"

namespace molbridge::train {
namespace {

/// A precursor, a base peak, and these.
std::vector<encoders::DreamsPeak> peaks_with(const std::vector<float>& intensities) {
  std::vector<encoders::DreamsPeak> peaks = {{400, 1.1F}, {100, 1.0F}};
  for (std::size_t i = 0; i < intensities.size(); ++i)
    peaks.push_back({110.0F + static_cast<float>(i), intensities[i]});
  return peaks;
}

TEST(MaskedPeaks, Number_IsTheShareRoundedHalfToEvenAndAtLeastTwo) {
  const std::map<std::size_t, std::size_t> expected = {{0, 0}, {1, 1}, {2, 2},  {3, 2},
                                                       {5, 2}, {9, 3}, {15, 4}, {25, 8}};
  Rng rng(1);
  for (const auto& [candidates, hidden] : expected) {
    const auto peaks = peaks_with(std::vector<float>(candidates, 0.5F));
    EXPECT_EQ(choose_masked(peaks, {}, rng).size(), hidden) << candidates;
  }
}

TEST(MaskedPeaks, PrecursorAndBasePeaks_StayVisible) {
  Rng rng(2);
  auto peaks = peaks_with({1.0F, 0.3F, 0.0F, 0.2F, 1.0F});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(choose_masked(peaks, {}, rng), (std::vector<std::size_t>{3, 5}));
}

/// Of four candidates two are drawn, one after the other: P(i) = w_i + sum over j of w_j w_i / (1 - w_j).
TEST(MaskedPeaks, ByIntensity_DrawsWithoutReplacement) {
  const std::vector<float> weights = {0.1F, 0.2F, 0.3F, 0.4F};
  const auto peaks = peaks_with(weights);
  constexpr int kDraws = 40'000;
  std::map<std::size_t, double> seen;
  Rng rng(3);
  for (int i = 0; i < kDraws; ++i) {
    for (const std::size_t place : choose_masked(peaks, {}, rng)) seen[place] += 1.0 / kDraws;
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    double expected = weights[i];
    for (std::size_t j = 0; j < weights.size(); ++j) {
      if (j != i) expected += weights[j] * weights[i] / (1 - weights[j]);
    }
    EXPECT_NEAR(seen[i + 2], expected, 0.01) << i;
  }
}

TEST(MaskedPeaks, AboveCutoff_DrawsAllAlikeAndNoneBelow) {
  const auto peaks = peaks_with({0.05F, 0.1F, 0.9F, 0.4F, 0.09F});
  constexpr int kDraws = 20'000;
  std::map<std::size_t, double> seen;
  Rng rng(4);
  for (int i = 0; i < kDraws; ++i) {
    for (const std::size_t place : choose_masked(peaks, {.peaks = MaskedPeaks::kAboveCutoff}, rng))
      seen[place] += 1.0 / kDraws;
  }
  EXPECT_EQ(seen.size(), 3U);
  for (const std::size_t place : {3U, 4U, 5U}) EXPECT_NEAR(seen[place], 2.0 / 3, 0.02);
}

TEST(MaskedPeaks, UnknownName_IsAUsageError) {
  EXPECT_EQ(parse_masked_peaks("cutoff"), MaskedPeaks::kAboveCutoff);
  EXPECT_THROW(parse_masked_peaks("all"), Error);
}

}  // namespace
}  // namespace molbridge::train
