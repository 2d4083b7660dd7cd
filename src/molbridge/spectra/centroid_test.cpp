#include "molbridge/spectra/centroid.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/core/rng.hpp"
#include "molbridge/spectra/validate.hpp"

namespace molbridge::spectra {
namespace {

void add_shape(std::vector<Peak>& points, double mz, double height, double width = 0.01) {
  for (int i = -6; i <= 6; ++i) {
    const double x = mz + i * width / 3;
    points.push_back({x, height * std::exp(-0.5 * std::pow((x - mz) / width, 2))});
  }
}

TEST(Centroid, SampledShapes_BecomeOnePeakEach) {
  std::vector<Peak> points;
  const std::vector<Peak> wanted{{100.0523, 20}, {150.2, 1000}, {151.2034, 90}, {400.1, 5}};
  for (const Peak& peak : wanted) add_shape(points, peak.mz, peak.intensity);
  const auto peaks = centroid(points);
  ASSERT_EQ(peaks.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_NEAR(peaks[i].mz, wanted[i].mz, 1e-3);
    EXPECT_NEAR(peaks[i].intensity, wanted[i].intensity, 1e-6 * wanted[i].intensity);
  }
}

TEST(Centroid, NoiseOnAShape_DoesNotSplitIt) {
  std::vector<Peak> points;
  add_shape(points, 200, 1000);
  Rng rng(1);
  for (Peak& point : points) point.intensity *= 0.85 + 0.3 * rng.uniform();
  EXPECT_EQ(centroid(points).size(), 1u);
}

TEST(Centroid, TouchingShapes_AreSplitAtTheValley) {
  std::vector<Peak> points;
  for (int i = 0; i <= 60; ++i) {
    const double x = 100 + 0.002 * i;
    const auto bell = [&](double center) { return std::exp(-0.5 * std::pow((x - center) / 0.01, 2)); };
    points.push_back({x, 100 * bell(100.03) + 60 * bell(100.09)});
  }
  const auto peaks = centroid(points);
  ASSERT_EQ(peaks.size(), 2u);
  EXPECT_NEAR(peaks[0].mz, 100.03, 2e-3);
  EXPECT_NEAR(peaks[1].mz, 100.09, 2e-3);
}

TEST(Centroid, PointsThatStandAlone_StayAsTheyAre) {
  const std::vector<Peak> points{{50.1, 3}, {77.03, 10}, {105.04, 100}};
  EXPECT_EQ(centroid(points), points);
  EXPECT_TRUE(centroid({}).empty());
}

TEST(Centroid, RandomPoints_GiveAscendingPeaksWithinTheirRange) {
  Rng rng(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<Peak> points;
    double mz = 50;
    for (std::uint64_t i = rng.below(200); i > 0; --i)
      points.push_back({mz += rng.uniform() * 0.1, rng.uniform() * 10});
    const auto peaks = centroid(points);
    EXPECT_LE(peaks.size(), points.size());
    for (std::size_t i = 0; i < peaks.size(); ++i) {
      EXPECT_GE(peaks[i].mz, points.front().mz);
      EXPECT_LE(peaks[i].mz, points.back().mz);
      if (i > 0) {
        EXPECT_LE(peaks[i - 1].mz, peaks[i].mz);
      }
    }
  }
}

TEST(FinishRecord, ProfileData_AreCentroidedWhenAsked) {
  Spectrum spectrum;
  for (int i = 0; i < 8; ++i) add_shape(spectrum.peaks, 100 + 20.0 * i, 100);
  EXPECT_TRUE(std::holds_alternative<SkippedSpectrum>(finish_record(spectrum, {})));
  const Record record = finish_record(spectrum, {.centroid_profile = true});
  ASSERT_TRUE(std::holds_alternative<Spectrum>(record));
  EXPECT_EQ(std::get<Spectrum>(record).peaks.size(), 8u);
  EXPECT_EQ(std::get<Spectrum>(record).field("centroided"), "from 104 profile points");
}

}  // namespace
}  // namespace molbridge::spectra
