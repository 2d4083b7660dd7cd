#include "molbridge/retrieve/analogs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/bank/test_bank.hpp"

namespace molbridge::retrieve {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kWidth = 16;

/// Molecule 0 (bit 0) by two spectra, molecule 1 (bits 1, 2), molecule 2 (bits 0, 15) in negative mode.
SpectrumLibrary small_library() {
  SpectrumLibrary library;
  library.settings = analog_settings();
  library.molecules = 3;
  library.width = kWidth;
  library.bits = {1, 0, 6, 0, 1, 128};
  library.spectra = {{{{60, 5}, {80, 100}, {120, 40}}, 150, mass::IonMode::kPositive, 0},
                     {{{60, 5}, {80, 100}, {121, 40}}, 150, mass::IonMode::kPositive, 0},
                     {{{80, 100}, {95, 60}, {130, 20}}, 160, mass::IonMode::kPositive, 1},
                     {{{60, 5}, {80, 100}, {120, 40}}, 150, mass::IonMode::kNegative, 2}};
  return library;
}

class AnalogsTest : public testing::Test {
 protected:
  SpectrumQuery query(mass::IonMode mode = mass::IonMode::kPositive) const { return {&spectrum_, 150, 0, "", mode}; }
  std::vector<std::uint32_t> found(mass::IonMode mode) const {
    SpectrumLibrary library = small_library();
    std::vector<std::uint32_t> out;
    for (const Analog& analog : AnalogFinder(library).find(query(mode))) out.push_back(analog.molecule);
    return out;
  }
  spectra::Spectrum spectrum_ = [] {
    spectra::Spectrum out;
    out.peaks = {{60, 5}, {80, 100}, {120, 40}};
    return out;
  }();
};

TEST_F(AnalogsTest, Molecules_AreFoundOnceByTheirBestSpectrum) {
  SpectrumLibrary library = small_library();
  const auto analogs = AnalogFinder(library).find(query());
  ASSERT_EQ(analogs.size(), 2U);
  EXPECT_EQ(analogs[0].molecule, 0U);
  EXPECT_NEAR(analogs[0].similarity, 1, 1e-6);
  EXPECT_EQ(analogs[1].molecule, 1U);
  EXPECT_LT(analogs[1].similarity, 0.9);
}

TEST_F(AnalogsTest, IonModes_DoNotMix) {
  EXPECT_THAT(found(mass::IonMode::kPositive), ElementsAre(0, 1));
  EXPECT_THAT(found(mass::IonMode::kNegative), ElementsAre(2));
}

TEST_F(AnalogsTest, Neighbours_AreTheMostThatAreFound) {
  SpectrumLibrary library = small_library();
  library.settings.neighbours = 1;
  EXPECT_EQ(AnalogFinder(library).find(query()).size(), 1U);
}

TEST_F(AnalogsTest, Votes_AreAddedByTheFourthPowerAtTheirWeight) {
  constexpr double kWeight = 0.5;
  SpectrumLibrary library = small_library();
  const double second = AnalogFinder(library).find(query())[1].similarity;
  std::vector<float> vector(kWidth, 0);
  vector[3] = 8;
  AnalogVotes(small_library(), kWeight).add_to(query(), vector);
  const double one = 1, two = std::pow(second, 4) / std::sqrt(2);
  const double length = std::sqrt(one * one + 2 * two * two);
  EXPECT_NEAR(vector[3], 1, 1e-6);
  EXPECT_NEAR(vector[0], kWeight * one / length, 1e-6);
  EXPECT_NEAR(vector[1], kWeight * two / length, 1e-6);
  EXPECT_NEAR(vector[2], kWeight * two / length, 1e-6);
  EXPECT_EQ(vector[15], 0);
}

TEST_F(AnalogsTest, NoAnalog_LeavesTheBridgesDirection) {
  spectrum_.peaks = {{77, 1}};
  std::vector<float> vector(kWidth, 0);
  vector[0] = 3, vector[1] = -4;
  AnalogVotes(small_library(), 0.5).add_to(query(), vector);
  EXPECT_NEAR(vector[0], 0.6, 1e-6);
  EXPECT_NEAR(vector[1], -0.8, 1e-6);
}

TEST_F(AnalogsTest, Folder_WithoutOrOfAnotherWidth) {
  const bank::testing::TempFolder folder;
  nn::ModelFolderWriter without, with;
  without.write(folder / "without");
  EXPECT_EQ(AnalogVotes::read(nn::ModelFolder::open(folder / "without"), kWidth), nullptr);
  with.manifest.number(kAnalogWeightKey, 0.1);
  write_spectrum_library(small_library(), with, PeakFormat::kCompact);
  with.write(folder / "with");
  const auto opened = nn::ModelFolder::open(folder / "with");
  EXPECT_NE(AnalogVotes::read(opened, kWidth), nullptr);
  EXPECT_THROW(AnalogVotes::read(opened, 2 * kWidth), Error);
}

}  // namespace
}  // namespace molbridge::retrieve
