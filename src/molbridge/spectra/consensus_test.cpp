#include "molbridge/spectra/consensus.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::spectra {
namespace {

Spectrum spectrum(std::string id, std::vector<Peak> peaks) {
  Spectrum out;
  out.id = std::move(id);
  out.peaks = std::move(peaks);
  return out;
}

TEST(Consensus, SharedPeak_IsTheMeanOfRelativeIntensities) {
  // Different units: the second file writes counts. 100.002 is within 0.005 of 100.000.
  const std::vector<Spectrum> two{spectrum("a", {{100.000, 50}, {200, 100}}),
                                  spectrum("b", {{100.002, 4000}, {200, 4000}})};
  const Spectrum merged = consensus(two);
  ASSERT_EQ(merged.peaks.size(), 2u);
  EXPECT_NEAR(merged.peaks[0].mz, (100.000 * 500 + 100.002 * 1000) / 1500, 1e-9);
  EXPECT_NEAR(merged.peaks[0].intensity, 750, 1e-9);
  EXPECT_NEAR(merged.peaks[1].intensity, 1000, 1e-9);
}

TEST(Consensus, PeakOfOneSpectrum_IsKeptDamped) {
  const std::vector<Spectrum> four{spectrum("a", {{100, 1}, {150, 0.8}}), spectrum("b", {{100, 1}}),
                                   spectrum("c", {{100, 1}}), spectrum("d", {{100, 1}})};
  const Spectrum merged = consensus(four);
  ASSERT_EQ(merged.peaks.size(), 2u);
  EXPECT_NEAR(merged.peaks[1].intensity, 200, 1e-9);
}

TEST(Consensus, Tolerance_IsTheLargerOfBoth) {
  // 0.005 Th rules at 100, 10 ppm (0.009 Th) at 900.
  const auto count = [](double a, double b) {
    return consensus(std::vector<Spectrum>{spectrum("a", {{a, 1}}), spectrum("b", {{b, 1}})}).peaks.size();
  };
  EXPECT_EQ(count(100, 100.0045), 1u);
  EXPECT_EQ(count(100, 100.0055), 2u);
  EXPECT_EQ(count(900, 900.0085), 1u);
  EXPECT_EQ(count(900, 900.0095), 2u);
}

TEST(Consensus, ChainOfPeaks_DoesNotGrowBeyondTheTolerance) {
  std::vector<Spectrum> chain;
  for (int i = 0; i < 9; ++i) chain.push_back(spectrum(std::to_string(i), {{100 + 0.004 * i, 1.0 + (i == 4)}}));
  EXPECT_GT(consensus(chain).peaks.size(), 2u);
}

TEST(Consensus, AnyOrder_GivesTheSameBits) {
  Rng rng(11);
  std::vector<Spectrum> spectra;
  for (int i = 0; i < 7; ++i) {
    Spectrum s = spectrum("id" + std::to_string(i), {});
    for (int p = 0; p < 40; ++p) s.peaks.push_back({100 + 0.003 * static_cast<double>(rng.below(400)), rng.uniform()});
    std::sort(s.peaks.begin(), s.peaks.end(), [](const Peak& a, const Peak& b) { return a.mz < b.mz; });
    s.precursor_mz = 300 + 0.001 * i;
    spectra.push_back(s);
  }
  const Spectrum expected = consensus(spectra);
  for (int i = 0; i < 5; ++i) {
    rng.shuffle(std::span(spectra));
    const Spectrum again = consensus(spectra);
    EXPECT_EQ(again.peaks, expected.peaks);
    EXPECT_EQ(again.precursor_mz, expected.precursor_mz);
    EXPECT_EQ(again.id, "id0");
  }
}

TEST(Consensus, Metadata_StaysWhereAllAgree) {
  Spectrum a = spectrum("b", {{100, 1}}), b = spectrum("a", {{100, 1}});
  a.adduct = "[M+H]+";
  a.ion_mode = mass::IonMode::kPositive;
  b.ion_mode = mass::IonMode::kNegative;
  a.fields = {{"smiles", "SMILES", "CCO"}, {"collision_energy", "CE", "10"}};
  b.fields = {{"collision_energy", "CE", "20"}, {"smiles", "SMILES", "CCO"}};
  const Spectrum merged = consensus(std::vector<Spectrum>{a, b});
  EXPECT_EQ(merged.id, "a");
  EXPECT_EQ(merged.adduct, "[M+H]+");
  EXPECT_EQ(merged.ion_mode, mass::IonMode::kUnknown);
  EXPECT_EQ(merged.field("smiles"), "CCO");
  EXPECT_EQ(merged.field("collision_energy"), "");
}

TEST(Consensus, EmptyAndZeroPeaks_GiveNoNumbersThatAreNone) {
  const Spectrum merged = consensus(std::vector<Spectrum>{spectrum("a", {}), spectrum("b", {{100, 0}, {200, 5}})});
  ASSERT_EQ(merged.peaks.size(), 1u);
  EXPECT_DOUBLE_EQ(merged.peaks[0].mz, 200);
  EXPECT_DOUBLE_EQ(merged.peaks[0].intensity, 500);
  EXPECT_THROW(consensus({}), Error);
}

}  // namespace
}  // namespace molbridge::spectra
