#include "molbridge/rerank/fragment_scorer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/test_manifest.hpp"
#include "molbridge/rerank/test_rerank_folder.hpp"

namespace molbridge::rerank {
namespace {

using bank::testing::TempFolder;

fragment::Fragmentation parts_of(const std::string& smiles) {
  return fragment::take_apart(fragment::Structure::of(chem::standardize(smiles).value()).value());
}

class FragmentScorerTest : public testing::Test {
 protected:
  fragment::Observation observe(const spectra::Spectrum& spectrum) const {
    return fragment::observe(spectrum, 195.0877, mass::Adduct::parse("[M+H]+").value());
  }
  TempFolder folder_;
  FragmentScorer scorer_ = test_scorer(folder_);
  fragment::Fragmentation caffeine_ = parts_of("Cn1c(=O)c2c(ncn2C)n(C)c1=O");
};

TEST_F(FragmentScorerTest, Shares_AreOfTheExplainedPeaks) {
  const auto seen = observe(caffeine_spectrum());
  const FragmentScore found = scorer_.score(seen, caffeine_);
  std::size_t explained = 0;
  double intensity = 0, all = 0;
  for (const float value : seen.intensity) all += value;
  for (const PeakExplanation& peak : scorer_.explain(seen, caffeine_)) {
    EXPECT_GT(peak.share, 0);
    EXPECT_LE(peak.share, 1);
    EXPECT_GT(peak.abundance, 0);
    EXPECT_LE(peak.abundance, 1);
    EXPECT_NE(seen.mz[peak.peak], 77.7777);
    EXPECT_LT(peak.fragment, caffeine_.fragments.size());
    ++explained;
    intensity += seen.intensity[peak.peak];
  }
  EXPECT_EQ(explained, 3U);
  EXPECT_LE(found.share_of_peaks, 0.75 + 1e-9);
  EXPECT_LE(found.share_of_intensity, intensity / all + 1e-9);
  EXPECT_GT(found.explained, 0);
  EXPECT_LT(found.explained, 1);
  EXPECT_LT(found.likelihood, 0);
  EXPECT_NEAR(found.score, found.likelihood * 2 * std::exp(0.2F), 1e-6);  // four peaks below the precursor
}

TEST_F(FragmentScorerTest, Prediction_IsWhatThePeaksAreHeldAgainst) {
  const auto seen = observe(caffeine_spectrum());
  const auto ions = scorer_.predict(seen, caffeine_);
  double sum = 0;
  for (std::size_t i = 0; i < ions.size(); ++i) {
    EXPECT_GT(ions[i].probability, 0);
    sum += ions[i].probability;
    EXPECT_GT(ions[i].mz, i == 0 ? 0 : ions[i - 1].mz);
  }
  EXPECT_GT(sum, 0.2);
  EXPECT_LT(sum, 1);  // the background has its share
  for (const PeakExplanation& peak : scorer_.explain(seen, caffeine_)) {
    const auto& part = caffeine_.fragments[peak.fragment];
    const double mz = fragment::ion_mz(part, peak.channel, seen.ion);
    const auto at =
        std::find_if(ions.begin(), ions.end(), [&](const auto& ion) { return std::abs(ion.mz - mz) < 2e-5; });
    ASSERT_NE(at, ions.end());
    EXPECT_GE(at->probability, peak.abundance * 0.999);
  }
  for (const auto& ion : ions)
    EXPECT_LT(ion.mz, 195.0877 + 4 * 1.01);  // no ion is heavier than the molecule and its hydrogens
}

TEST_F(FragmentScorerTest, APeakOfNoFragment_LeavesBackgroundAlone) {
  spectra::Spectrum spectrum = caffeine_spectrum();
  spectrum.peaks = {{77.7777, 3}};
  const FragmentScore found = scorer_.score(observe(spectrum), caffeine_);
  EXPECT_EQ(found.explained, 0);
  EXPECT_EQ(found.share_of_peaks, 0);
  EXPECT_EQ(found.share_of_intensity, 0);
  EXPECT_TRUE(scorer_.explain(observe(spectrum), caffeine_).empty());
  EXPECT_TRUE(std::isfinite(found.likelihood));
}

TEST_F(FragmentScorerTest, NoPeaksOrNoFragments_GivesZeros) {
  spectra::Spectrum empty = caffeine_spectrum();
  empty.peaks.clear();
  for (const FragmentScore& found :
       {scorer_.score(observe(empty), caffeine_), scorer_.score(observe(caffeine_spectrum()), {})}) {
    EXPECT_EQ(found.score, 0);
    EXPECT_EQ(found.likelihood, 0);
    EXPECT_EQ(found.share_of_intensity, 0);
  }
  EXPECT_TRUE(scorer_.explain(observe(empty), caffeine_).empty());
}

TEST_F(FragmentScorerTest, MeasuredMass_CountsByItsError) {
  spectra::Spectrum spectrum = caffeine_spectrum();
  spectrum.peaks = {{138.0662, 100}};
  const double exact = scorer_.score(observe(spectrum), caffeine_).likelihood;
  spectrum.peaks[0].mz += 138.0662 * 12e-6;
  EXPECT_LT(scorer_.score(observe(spectrum), caffeine_).likelihood, exact);
}

TEST_F(FragmentScorerTest, CollisionEnergy_ChangesWhatIsExpected) {
  spectra::Spectrum other = caffeine_spectrum();
  other.fields[0].value = "80 eV";
  EXPECT_NE(scorer_.score(observe(caffeine_spectrum()), caffeine_).likelihood,
            scorer_.score(observe(other), caffeine_).likelihood);
}

TEST_F(FragmentScorerTest, MetalIons_CountWhereTheAdductHasAMetal) {
  const auto sodium = mass::Adduct::parse("[M+Na]+").value();
  spectra::Spectrum spectrum = caffeine_spectrum();
  const double mz =
      parts_of("Cn1c(=O)c2c(ncn2C)n(C)c1=O").fragments[3].mass + fragment::IonContext::of(sodium).metal_mass - 0.000549;
  spectrum.peaks = {{mz, 100}};
  const auto found = scorer_.explain(fragment::observe(spectrum, 217.0696, sodium), caffeine_);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_GE(found[0].channel, fragment::kHydrogenShifts);
}

TEST_F(FragmentScorerTest, SeveralNetworks_AreAveraged) {
  write_rerank_folder(folder_ / "second", {}, {12});
  write_rerank_folder(folder_ / "both", {}, {11, 12});
  const auto second = FragmentScorer::read(nn::ModelFolder::open(folder_ / "second"));
  const auto both = FragmentScorer::read(nn::ModelFolder::open(folder_ / "both"));
  const auto listed = FragmentScorer::read(std::vector<std::string>{folder_ / "scorer", folder_ / "second"});
  EXPECT_EQ(second.members(), 1U);
  EXPECT_EQ(both.members(), 2U);
  const auto seen = observe(caffeine_spectrum());
  const FragmentScore a = scorer_.score(seen, caffeine_), b = second.score(seen, caffeine_);
  EXPECT_NE(a.likelihood, b.likelihood);
  for (const FragmentScore& found : {both.score(seen, caffeine_), listed.score(seen, caffeine_)}) {
    EXPECT_NEAR(found.likelihood, (a.likelihood + b.likelihood) / 2, 1e-12);
    EXPECT_NEAR(found.score, (a.score + b.score) / 2, 1e-12);
    EXPECT_NEAR(found.explained, (a.explained + b.explained) / 2, 1e-12);
    EXPECT_NEAR(found.share_of_peaks, (a.share_of_peaks + b.share_of_peaks) / 2, 1e-12);
    EXPECT_NEAR(found.share_of_intensity, (a.share_of_intensity + b.share_of_intensity) / 2, 1e-12);
  }
}

TEST_F(FragmentScorerTest, SecondNetworkDamaged_IsRefused) {
  write_rerank_folder(folder_ / "damaged", {.without = "fragment_net_2.losses"}, {11, 12});
  EXPECT_THROW(FragmentScorer::read(nn::ModelFolder::open(folder_ / "damaged")), Error);
}

TEST_F(FragmentScorerTest, DamagedFolders_AreRefused) {
  std::vector<FolderFault> faults;
  for (const char* name : {"kinds", "neighbours", "formulas", "losses", "conditions.weight", "counts.weight",
                           "counts.bias", "second.weight", "second.bias", "output.weight", "output.bias",
                           "background.weight", "background.bias", "background_total", "log_width", "log_scale"}) {
    faults.push_back({.without = std::string("fragment_net.") + name});
    faults.push_back({.reshaped = std::string("fragment_net.") + name});
  }
  for (const char* name :
       {"counts", "kind_codes", "neighbour_codes", "formula_codes", "conditions", "channels", "hidden", "hidden2"})
    faults.push_back({.without = std::string("fragment_net.") + name});
  for (FolderFault& fault : faults) {
    fault.hidden = fault.hidden2 = 1;
    write_rerank_folder(folder_ / "damaged", fault);
    try {
      FragmentScorer::read(nn::ModelFolder::open(folder_ / "damaged"));
      ADD_FAILURE() << "accepted without " << fault.without << " or with another shape of " << fault.reshaped;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel) << e.what();
      const std::string name = fault.without + fault.reshaped;
      EXPECT_NE(std::string(e.what()).find(name), std::string::npos) << e.what() << " does not name " << name;
    }
  }
}

TEST_F(FragmentScorerTest, OfOtherSizes_IsRefused) {
  const auto open = [](const std::string& path) { FragmentScorer::read(nn::ModelFolder::open(path)); };
  const std::string path = folder_ / "scorer";
  nn::expect_manifest_refused(path, "channels = 12", "channels = 11", "fragment_net.channels is 11", open);
  nn::expect_manifest_refused(path, "hidden = 8", "hidden = 0", "out of range", open);
  nn::expect_manifest_refused(path, "hidden2 = 6", "hidden2 = 1000000", "out of range", open);
  nn::expect_manifest_refused(path, "hidden = 8", "hidden = 9", "fragment_net.kinds", open);
}

}  // namespace
}  // namespace molbridge::rerank
