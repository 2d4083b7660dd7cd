#include "molbridge/spectra/similarity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/spectra/entropy.hpp"
#include "molbridge/spectra/test_similarity.hpp"

namespace molbridge::spectra {
namespace {

constexpr SimilarityKind kAll[] = {SimilarityKind::kCosine, SimilarityKind::kModifiedCosine,
                                   SimilarityKind::kNeutralLoss, SimilarityKind::kEntropy};

const Json& goldens() {
  static const Json all = read_json_file(MOLBRIDGE_SOURCE_DIR "/tests/golden/similarity/pairs.json");
  return all;
}

TestSpectrum golden_spectrum(std::size_t index) {
  const Json& one = goldens()["spectra"].at(index);
  TestSpectrum spectrum{{}, one["precursor_mz"].get<double>()};
  for (std::size_t i = 0; i < one["mz"].size(); ++i) {
    spectrum.peaks.push_back({one["mz"][i].get<double>(), one["intensity"][i].get<double>()});
  }
  return spectrum;
}

SimilarityOptions golden_options(const std::string& setting) {
  const Json& one = goldens()["settings"][setting];
  SimilarityOptions options;
  options.kind = parse_similarity(one["kind"].get<std::string>());
  options.tolerance = mass::Tolerance::parse(one["tolerance"].get<std::string>()).value();
  options.mz_power = one["mz_power"].get<double>();
  options.intensity_power = one["intensity_power"].get<double>();
  options.remove_precursor = one["remove_precursor"].get<bool>();
  return options;
}

SimilarityScore compare(const Similarity& similarity, const TestSpectrum& a, const TestSpectrum& b) {
  SimilarityScratch scratch;
  return similarity.compare(similarity.prepare(a.peaks, a.precursor_mz), similarity.prepare(b.peaks, b.precursor_mz),
                            scratch);
}

SimilarityScore compare(const SimilarityOptions& options, const TestSpectrum& a, const TestSpectrum& b) {
  return compare(Similarity(options), a, b);
}

class SimilarityGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(SimilarityGolden, Pairs_ScoreAsTheReferencePackages) {
  const SimilarityOptions options = golden_options(GetParam());
  const Similarity similarity(options);
  const bool by_entropy = options.kind == SimilarityKind::kEntropy;  // its reference computes in float32
  const double tolerance = by_entropy ? 2e-5 : 1e-9;
  ASSERT_GE(goldens()["pairs"][GetParam()].size(), 100u);
  for (const Json& pair : goldens()["pairs"][GetParam()]) {
    const auto a = pair[0].get<std::size_t>(), b = pair[1].get<std::size_t>();
    const SimilarityScore found = compare(similarity, golden_spectrum(a), golden_spectrum(b));
    EXPECT_NEAR(found.score, pair[2].get<double>(), tolerance) << a << " with " << b;
    if (by_entropy) continue;  // which does not count peaks either
    EXPECT_EQ(found.matched_peaks, pair[3].get<std::uint32_t>()) << a << " with " << b;
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, SimilarityGolden,
                         ::testing::Values("cosine", "cosine_wide_sqrt", "cosine_nist", "modified_cosine",
                                           "modified_cosine_wide", "neutral_loss", "entropy", "entropy_ppm",
                                           "entropy_removed"),
                         [](const auto& setting) { return setting.param; });

TEST(SpectralEntropy, GoldenSpectra_AsTheReferencePackage) {
  for (std::size_t i = 0; i < goldens()["spectra"].size(); ++i) {
    const double expected = goldens()["spectra"][i]["entropy"].get<double>();
    EXPECT_NEAR(spectral_entropy(clean_for_entropy(golden_spectrum(i).peaks)), expected, 2e-5) << i;
  }
}

TEST(CleanForEntropy, NeighboursAndNoise_AreMergedAndDropped) {
  const std::vector<Peak> peaks{{100, 1}, {100.03, 3}, {200, 0.01}, {300, 4}, {301, 2}, {500, 9}};
  const auto cleaned = clean_for_entropy(peaks, {.max_mz = 400});
  ASSERT_EQ(cleaned.size(), 3u);
  EXPECT_NEAR(cleaned[0].mz, 100.0225, 1e-12);
  EXPECT_NEAR(cleaned[0].intensity, 0.4, 1e-12);
  EXPECT_NEAR(cleaned[1].intensity, 0.4, 1e-12);
  EXPECT_NEAR(cleaned[2].intensity, 0.2, 1e-12);
}

TEST(SpectralEntropy, EqualPeaks_GiveTheLogarithmOfTheirNumber) {
  const std::vector<Peak> four{{100, 0.25}, {200, 0.25}, {300, 0.25}, {400, 0.25}};
  EXPECT_NEAR(spectral_entropy(four), std::log(4.0), 1e-12);
  EXPECT_EQ(spectral_entropy(std::vector<Peak>{}), 0);
}

TEST(Similarity, SpectrumWithItself_IsOne) {
  for (const SimilarityKind kind : kAll) {
    for (const TestSpectrum& spectrum : make_families(40, 1, 3)) {
      if (kind == SimilarityKind::kNeutralLoss && spectrum.precursor_mz == 0) continue;
      const SimilarityScore found = compare({.kind = kind}, spectrum, spectrum);
      const bool empty = found.matched_peaks == 0;  // all peaks above the precursor
      EXPECT_NEAR(found.score, empty ? 0 : 1, 1e-12) << name(kind);
    }
  }
}

TEST(Similarity, Exchanged_IsTheSame) {
  const auto spectra = make_families(30, 4, 4);
  for (const auto& tolerance : {mass::Tolerance::dalton(0.02), mass::Tolerance::ppm(20)}) {
    for (const SimilarityKind kind : kAll) {
      const Similarity similarity({.kind = kind, .tolerance = tolerance});
      for (std::size_t i = 0; i + 3 < spectra.size(); ++i) {
        const SimilarityScore there = compare(similarity, spectra[i], spectra[i + 3]);
        const SimilarityScore back = compare(similarity, spectra[i + 3], spectra[i]);
        EXPECT_NEAR(there.score, back.score, 1e-12) << name(kind) << " " << i;
        EXPECT_EQ(there.matched_peaks, back.matched_peaks) << name(kind) << " " << i;
        EXPECT_GE(there.score, 0);
        EXPECT_LE(there.score, 1);
      }
    }
  }
}

TEST(ModifiedCosine, SamePrecursorOrNone_IsTheCosine) {
  auto spectra = make_families(30, 2, 5);
  for (std::size_t i = 0; i + 1 < spectra.size(); i += 2) {
    spectra[i + 1].precursor_mz = spectra[i].precursor_mz;
    for (const double precursor : {spectra[i].precursor_mz, 0.0}) {
      spectra[i].precursor_mz = precursor;
      EXPECT_EQ(compare({.kind = SimilarityKind::kModifiedCosine}, spectra[i], spectra[i + 1]).score,
                compare({.kind = SimilarityKind::kCosine}, spectra[i], spectra[i + 1]).score);
    }
  }
}

TEST(ModifiedCosine, PartOfThePeaksMovedWithThePrecursor_MatchesAllOfThem) {
  const TestSpectrum a{{{100, 50}, {150, 80}, {220, 100}}, 300};
  const TestSpectrum b{{{100, 50}, {164.0157, 80}, {234.0157, 100}}, 314.0157};
  EXPECT_NEAR(compare({.kind = SimilarityKind::kModifiedCosine}, a, b).score, 1, 1e-12);
  EXPECT_EQ(compare({.kind = SimilarityKind::kModifiedCosine}, a, b).matched_peaks, 3u);
  EXPECT_EQ(compare({.kind = SimilarityKind::kCosine}, a, b).matched_peaks, 1u);
  EXPECT_EQ(compare({.kind = SimilarityKind::kNeutralLoss}, a, b).matched_peaks, 2u);
}

TEST(Cosine, PeakWithTwoPartners_IsUsedOnceForTheLargerProduct) {
  const TestSpectrum a{{{100.00, 1}, {200, 1}}, 0}, b{{{99.99, 1}, {100.01, 2}}, 0};
  const SimilarityScore found = compare(SimilarityOptions{}, a, b);
  EXPECT_EQ(found.matched_peaks, 1u);
  EXPECT_NEAR(found.score, 2 / (std::sqrt(2.0) * std::sqrt(5.0)), 1e-12);
}

TEST(Similarity, PpmTolerance_GrowsWithTheMz) {
  const SimilarityOptions options{.tolerance = mass::Tolerance::ppm(10)};
  EXPECT_EQ(compare(options, {{{100, 1}}, 0}, {{{100.0011, 1}}, 0}).matched_peaks, 0u);
  EXPECT_EQ(compare(options, {{{500, 1}}, 0}, {{{500.0049, 1}}, 0}).matched_peaks, 1u);
}

TEST(Similarity, RemovedPrecursor_DoesNotCount) {
  const TestSpectrum a{{{100, 1}, {298.5, 100}, {300, 1000}}, 300}, b{{{120, 1}, {298.5, 100}, {300, 1000}}, 300};
  for (const SimilarityKind kind : kAll) {
    EXPECT_EQ(compare({.kind = kind, .remove_precursor = true}, a, b).matched_peaks, 0u) << name(kind);
    EXPECT_EQ(compare({.kind = kind}, a, b).matched_peaks, kind == SimilarityKind::kNeutralLoss ? 1u : 2u)
        << name(kind);
  }
}

TEST(Similarity, NothingToCompare_IsZero) {
  const TestSpectrum good{{{100, 1}}, 200}, empty{{}, 200};
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const TestSpectrum unusable{{{-1, 5}, {0, 5}, {50, 0}, {60, -2}, {nan, 1}, {70, nan}, {80, infinity}}, 200};
  for (const SimilarityKind kind : kAll) {
    EXPECT_EQ(compare({.kind = kind}, good, empty).score, 0);
    EXPECT_EQ(compare({.kind = kind}, empty, empty).score, 0);
    EXPECT_EQ(compare({.kind = kind}, unusable, unusable).score, 0);
  }
  EXPECT_EQ(compare({.kind = SimilarityKind::kNeutralLoss}, {{{100, 1}}, 0}, good).score, 0);
}

TEST(Similarity, IntensitiesOfAnyScale_GiveTheSameScore) {
  const TestSpectrum a{{{100, 1}, {200, 3}}, 300}, b{{{100, 2}, {200, 1}}, 300};
  TestSpectrum huge = a;
  for (Peak& peak : huge.peaks) peak.intensity *= 1e280;
  for (const SimilarityKind kind : kAll) {
    EXPECT_NEAR(compare({.kind = kind}, huge, b).score, compare({.kind = kind}, a, b).score, 1e-12) << name(kind);
  }
  EXPECT_NEAR(compare({.mz_power = 10, .intensity_power = 10}, huge, huge).score, 1, 1e-12);
}

TEST(Similarity, UnusableOptions_AreRefused) {
  EXPECT_THROW(Similarity({.intensity_power = 0}), Error);
  EXPECT_THROW(Similarity({.mz_power = 11}), Error);
  EXPECT_THROW(Similarity({.tolerance = mass::Tolerance::ppm(1e6)}), Error);
  EXPECT_THROW(parse_similarity("cosin"), Error);
  for (const SimilarityKind kind : kAll) EXPECT_EQ(parse_similarity(name(kind)), kind);
}

}  // namespace
}  // namespace molbridge::spectra
