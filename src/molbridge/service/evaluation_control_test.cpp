#include "molbridge/service/evaluation_control.hpp"

#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::service {
namespace {

/// Peaks carry the number of their compound behind the point: 50.0 + compound / 1000, and one above the precursor.
EvaluationSet set_of(const std::vector<std::pair<std::size_t, double>>& compound_and_mz,
                     mass::IonMode mode = mass::IonMode::kPositive) {
  EvaluationSet set;
  for (const auto& [compound, mz] : compound_and_mz) {
    while (set.compounds.size() <= compound) {
      set.compounds.emplace_back();
      set.compounds.back().inchikey14 = "COMPOUND" + std::to_string(set.compounds.size());
    }
    EvaluationQuery query;
    query.compound = compound;
    query.spectrum.id = "q" + std::to_string(set.queries.size());
    query.spectrum.precursor_mz = mz;
    query.spectrum.ion_mode = mode;
    query.spectrum.peaks = {{50 + static_cast<double>(compound) / 1000, 1}, {mz - 0.5, 2}};
    set.queries.push_back(query);
  }
  return set;
}

std::size_t donor_of(const EvaluationQuery& query) {
  return static_cast<std::size_t>((query.spectrum.peaks.at(0).mz - 50) * 1000 + 0.5);
}

TEST(ShuffledSpectraTest, Peaks_ComeFromTheNearestOtherCompoundUpToTheOwnPrecursor) {
  EvaluationSet set = set_of({{0, 200}, {0, 200.001}, {1, 203}, {2, 230}, {3, 190}});
  apply_control(set, Control::kShuffledSpectra, 1);
  EXPECT_EQ(donor_of(set.queries[0]), 1U);
  EXPECT_EQ(set.queries[0].spectrum.peaks.size(), 1U);  // 202.5 is above the precursor
  EXPECT_EQ(donor_of(set.queries[2]), 0U);
  EXPECT_EQ(set.queries[2].spectrum.peaks.size(), 2U);
  EXPECT_EQ(donor_of(set.queries[4]), 0U);
  EXPECT_EQ(*set.queries[4].spectrum.precursor_mz, 190);
  for (const auto& query : set.queries) EXPECT_NE(donor_of(query), query.compound);
}

TEST(ShuffledSpectraTest, Donor_FollowsFromSeedAndQuery) {
  std::vector<std::pair<std::size_t, double>> spectra{{0, 200}};
  for (std::size_t i = 0; i < 30; ++i) spectra.emplace_back(1, 200.001);
  const auto run = [&](std::uint64_t seed) {
    EvaluationSet set = set_of(spectra);
    for (std::size_t i = 1; i < set.queries.size(); ++i)
      set.queries[i].spectrum.peaks[1].intensity = static_cast<double>(i);
    apply_control(set, Control::kShuffledSpectra, seed);
    return set.queries[0].spectrum.peaks[1].intensity;
  };
  EXPECT_EQ(run(1), run(1));
  bool differs = false;
  for (std::uint64_t seed = 2; seed < 10; ++seed) differs = differs || run(seed) != run(1);
  EXPECT_TRUE(differs);
}

TEST(ShuffledSpectraTest, QueryWithoutDonorOrPrecursor_IsSkippedNotAnswered) {
  EvaluationSet alone = set_of({{0, 200}, {0, 300}});
  apply_control(alone, Control::kShuffledSpectra, 1);
  for (const auto& query : alone.queries) EXPECT_NE(query.skip_reason, "");
  EvaluationSet other_mode = set_of({{0, 200}, {1, 200}});
  other_mode.queries[1].spectrum.ion_mode = mass::IonMode::kNegative;
  other_mode.queries.push_back(set_of({{0, 200}}).queries[0]);
  other_mode.queries[2].spectrum.precursor_mz.reset();
  apply_control(other_mode, Control::kShuffledSpectra, 1);
  for (const auto& query : other_mode.queries) EXPECT_NE(query.skip_reason, "");
}

TEST(ShuffledSpectraTest, NearestDonorWithoutPeaksBelow_GivesWayToTheNext) {
  EvaluationSet set = set_of({{0, 100}, {1, 101}, {2, 110}});
  set.queries[1].spectrum.peaks = {{100.5, 1}};
  apply_control(set, Control::kShuffledSpectra, 1);
  EXPECT_EQ(donor_of(set.queries[0]), 2U);
  EXPECT_EQ(set.queries[0].skip_reason, "");
}

TEST(NoPeaksTest, Spectrum_KeepsItsPrecursorAlone) {
  EvaluationSet set = set_of({{0, 200}, {1, 300}});
  set.queries[1].skip_reason = "unusable";
  const auto before = set.queries[1].spectrum.peaks;
  apply_control(set, Control::kNoPeaks, 1);
  EXPECT_EQ(set.queries[0].spectrum.peaks, (std::vector<spectra::Peak>{{200, 1}}));
  EXPECT_EQ(set.queries[1].spectrum.peaks, before);
  EXPECT_THROW(parse_control("word"), Error);
  EXPECT_EQ(parse_control("no-peaks"), Control::kNoPeaks);
}

}  // namespace
}  // namespace molbridge::service
