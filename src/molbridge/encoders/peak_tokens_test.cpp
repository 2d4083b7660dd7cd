#include "molbridge/encoders/spectrum/peak_tokens.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/spectrum/summed_bins.hpp"

namespace molbridge::encoders {
namespace {

using Peaks = std::vector<spectra::Peak>;

TEST(PeakTokens, Window_NormalisesAndPutsThePrecursorFirst) {
  const Peaks peaks{{9.9, 1000}, {10, 5}, {50, 20}, {1000, 10}, {1000.1, 90}};
  const auto tokens = peak_tokens(peaks, 1500.5, {});
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokens[0].mz, 1500.5);
  EXPECT_FLOAT_EQ(tokens[0].intensity, 1.1F);
  EXPECT_EQ(tokens[1].mz, 10);
  EXPECT_FLOAT_EQ(tokens[1].intensity, 0.25F);
  EXPECT_FLOAT_EQ(tokens[2].intensity, 1);
  EXPECT_FLOAT_EQ(tokens[3].intensity, 0.5F);
}

TEST(PeakTokens, UnknownPrecursorOrNone_GivesPeaksAlone) {
  EXPECT_EQ(peak_tokens(Peaks{{50, 1}}, 0, {}).size(), 1U);
  EXPECT_EQ(peak_tokens(Peaks{{50, 1}}, 100, {.precursor = false}).size(), 1U);
  EXPECT_TRUE(peak_tokens(Peaks{{5, 1}}, 0, {}).empty());
}

TEST(PeakTokens, TooManyPeaks_KeepsTheHighestByMz) {
  const auto tokens = peak_tokens(Peaks{{40, 2}, {30, 5}, {20, 2}, {50, 3}}, 0, {.max_peaks = 3});
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(tokens[0].mz, 20);  // of two equal ones the lower m/z
  EXPECT_EQ(tokens[1].mz, 30);
  EXPECT_EQ(tokens[2].mz, 50);
}

TEST(MzFourier, Dreams_HasItsFrequencies) {
  const MzFourier fourier({.periods = MzFourierOptions::Periods::kDreams});
  ASSERT_EQ(fourier.width(), 2 * 5997);
  std::vector<float> out(2 * 5997);
  fourier.encode(100.25, out);
  for (float value : out) EXPECT_LE(std::abs(value), 1.0F);
  EXPECT_NEAR(out[5996], std::cos(2 * std::numbers::pi * 100.25 / 999), 1e-6);
  EXPECT_NEAR(out[5997 + 4999], std::sin(2 * std::numbers::pi * 100.25 / 2), 1e-6);
}

TEST(MzFourier, LargeMz_KeepsItsPhase) {
  const MzFourier fourier({.count = 3, .shortest = 0.001, .longest = 1000});
  std::vector<float> out(6);
  fourier.encode(999.00025, out);  // a quarter of the shortest period beyond a whole number of them
  EXPECT_NEAR(out[0], 0, 1e-5);
  EXPECT_NEAR(out[3], 1, 1e-5);
  EXPECT_NEAR(out[2], std::cos(2 * std::numbers::pi * 0.99900025), 1e-6);
}

TEST(TokenFeatures, Fourier_StandsBehindMzAndIntensity) {
  const MzFourier fourier({.count = 2, .shortest = 1, .longest = 4});
  const std::vector<PeakToken> tokens{{500, 0.5F}, {1, 1}};
  EXPECT_EQ(token_features(tokens, {}, nullptr), (std::vector<float>{0.5F, 0.5F, 0.001F, 1}));
  const auto features = token_features(tokens, {}, &fourier);
  ASSERT_EQ(features.size(), 12U);
  EXPECT_EQ(features[6], 0.001F);
  EXPECT_NEAR(features[8], 1, 1e-6);   // cos of a whole turn
  EXPECT_NEAR(features[11], 1, 1e-6);  // sin of a quarter
}

TEST(PeakTokenOptions, WrittenAndRead_AreTheSame) {
  ConfigWriter out;
  write_peak_token_options({.min_mz = 20, .max_mz = 900.5, .mz_scale = 30, .max_peaks = 7, .precursor = false}, out);
  write_mz_fourier_options({.count = 5, .shortest = 0.25, .longest = 80}, out);
  const Config config = Config::parse(out.str(), "test");
  const auto options = read_peak_token_options(config);
  EXPECT_EQ(options.min_mz, 20);
  EXPECT_EQ(options.max_mz, 900.5);
  EXPECT_EQ(options.mz_scale, 30);
  EXPECT_EQ(options.max_peaks, 7);
  EXPECT_FALSE(options.precursor);
  const auto fourier = read_mz_fourier_options(config);
  EXPECT_EQ(fourier.count, 5);
  EXPECT_EQ(fourier.shortest, 0.25);
  EXPECT_EQ(fourier.longest, 80);
  config.reject_unused();
  EXPECT_THROW(read_mz_fourier_options(Config::parse("input.fourier_periods = \"x\"", "test")), Error);
  EXPECT_THROW(read_mz_fourier_options(Config::parse("input.fourier_count = 0", "test")), Error);
  EXPECT_THROW(read_peak_token_options(Config::parse("input.max_mz = 5", "test")), Error);
}

TEST(SummedBins, Peaks_AreSummedAndScaled) {
  const auto bins = summed_bins(Peaks{{0.5, 1}, {1.0, 50}, {2.2, 10}, {2.9, 15}, {1000.99, 100}, {1001, 1}}, 1000);
  ASSERT_EQ(bins.size(), 3U);
  EXPECT_EQ(bins[0].index, 0);
  EXPECT_NEAR(bins[0].value, std::log10(1 + 499.5) / 3, 1e-6);
  EXPECT_EQ(bins[1].index, 1);
  EXPECT_NEAR(bins[1].value, std::log10(1 + 249.75) / 3, 1e-6);
  EXPECT_EQ(bins[2].index, 999);
  EXPECT_NEAR(bins[2].value, 1, 1e-6);
  EXPECT_TRUE(summed_bins({}, 1000).empty());
}

}  // namespace
}  // namespace molbridge::encoders
