#include "molbridge/spectra/validate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "molbridge/core/rng.hpp"

namespace molbridge::spectra {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string reason_of(std::vector<Peak> peaks, const ReadOptions& options = {}) {
  Spectrum spectrum;
  spectrum.source = "a.mgf";
  spectrum.peaks = std::move(peaks);
  const Record record = finish_record(std::move(spectrum), options);
  const auto* skipped = std::get_if<SkippedSpectrum>(&record);
  return skipped == nullptr ? "" : skipped->reason;
}

TEST(FinishRecord, BadPeaks_AreSkippedWithTheirReason) {
  EXPECT_EQ(reason_of({}), "no peaks");
  EXPECT_EQ(reason_of({{100, 1}, {0, 5}}), "peak 2: m/z is 0");
  EXPECT_EQ(reason_of({{-3, 5}}), "peak 1: m/z is negative (-3)");
  EXPECT_EQ(reason_of({{kNaN, 5}}), "peak 1: m/z is not a number");
  EXPECT_EQ(reason_of({{kInfinity, 5}}), "peak 1: m/z is infinite");
  EXPECT_EQ(reason_of({{1e9, 5}}), "peak 1: m/z is beyond every instrument (1e+09)");
  EXPECT_EQ(reason_of({{100, -1}}), "peak 1: intensity is negative (-1)");
  EXPECT_EQ(reason_of({{100, kNaN}}), "peak 1: intensity is not a number");
  EXPECT_EQ(reason_of({{100, -kInfinity}}), "peak 1: intensity is infinite");
  EXPECT_EQ(reason_of({{100, 1e300}}), "peak 1: intensity is beyond every instrument (1e+300)");
  EXPECT_EQ(reason_of({{100, 0}, {200, 0}}), "all intensities are 0");
}

TEST(FinishRecord, TooManyPeaks_SaysTheLimit) {
  ReadOptions options;
  options.max_peaks = 2;
  EXPECT_EQ(reason_of({{1, 1}, {2, 1}, {3, 1}}, options), "3 peaks, more than the limit of 2");
  EXPECT_EQ(reason_of({{1, 1}, {2, 1}}, options), "");
}

TEST(FinishRecord, PeaksOutOfOrder_AreSortedWithTheirAnnotations) {
  Spectrum spectrum;
  spectrum.index = 4;
  spectrum.peaks = {{300, 1}, {100, 0}, {200, 3}};
  spectrum.peak_annotations = {"c", "", "b"};
  const Record record = finish_record(spectrum, {});
  const auto& finished = std::get<Spectrum>(record);
  EXPECT_EQ(finished.id, "index=4");
  EXPECT_EQ(finished.peaks, (std::vector<Peak>{{100, 0}, {200, 3}, {300, 1}}));
  EXPECT_EQ(finished.peak_annotations, (std::vector<std::string>{"", "b", "c"}));
}

/// Gaussian peaks sampled every `step`, points below `threshold` of the highest left out.
std::vector<Peak> sampled_peaks(double step, double width, double threshold) {
  std::vector<Peak> points;
  for (const double centre : {121.03, 245.11, 302.2}) {
    for (double x = centre - 4 * width; x <= centre + 4 * width; x += step) {
      const double height = std::exp(-0.5 * (x - centre) * (x - centre) / (width * width));
      if (height >= threshold) points.push_back({x, 1000 * height});
    }
  }
  return points;
}

TEST(LooksLikeProfile, SampledPeaks_AreFound) {
  EXPECT_TRUE(looks_like_profile(sampled_peaks(0.1, 0.3, 0)));         // quadrupole
  EXPECT_TRUE(looks_like_profile(sampled_peaks(0.002, 0.005, 0)));     // Orbitrap
  EXPECT_TRUE(looks_like_profile(sampled_peaks(0.004, 0.012, 0.05)));  // TOF, thresholded
}

TEST(LooksLikeProfile, Centroids_AreNot) {
  Rng rng(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> mz;
    for (int i = 0; i < 2000; ++i) mz.push_back(50 + 200 * rng.uniform());  // dense noise
    std::sort(mz.begin(), mz.end());
    std::vector<Peak> peaks;
    for (const double value : mz) peaks.push_back({value, rng.uniform()});
    EXPECT_FALSE(looks_like_profile(peaks));
  }
  std::vector<Peak> nominal;
  for (int i = 0; i < 300; ++i) nominal.push_back({50.0 + i, 1.0 + i % 7});
  EXPECT_FALSE(looks_like_profile(nominal)) << "a peak at every nominal mass";
}

TEST(LooksLikeProfile, SideLobesAroundACentroid_AreNot) {
  std::vector<Peak> peaks;
  for (int i = -60; i <= 60; ++i) peaks.push_back({184.0739 + 0.0075 * i, i == 0 ? 1000.0 : 2.0 / std::abs(i)});
  EXPECT_FALSE(looks_like_profile(peaks));
}

TEST(FinishRecord, ProfileData_IsRefusedUnlessAllowed) {
  const std::string reason = reason_of(sampled_peaks(0.1, 0.3, 0));
  EXPECT_NE(reason.find("msconvert a.mgf --filter \"peakPicking vendor msLevel=1-\""), std::string::npos) << reason;
  ReadOptions options;
  options.refuse_profile = false;
  EXPECT_EQ(reason_of(sampled_peaks(0.1, 0.3, 0), options), "");
}

}  // namespace
}  // namespace molbridge::spectra
