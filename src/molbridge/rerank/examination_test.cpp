#include "molbridge/rerank/examination.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "molbridge/chem/circular.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/rerank/test_rerank_folder.hpp"

namespace molbridge::rerank {
namespace {

using bank::testing::TempFolder;
using testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kFragmentScore = 4;
const std::string kNotTaken = "C.C";  // several parts

class ExaminationTest : public testing::Test {
 protected:
  std::vector<Candidate> pool(const std::vector<float>& scores) const {
    std::vector<Candidate> out;
    for (std::size_t i = 0; i < scores.size(); ++i) out.push_back({rivals_[i % rivals_.size()], scores[i], 0});
    return out;
  }
  Examination examine_all(const std::vector<Candidate>& pool, std::size_t shortlist = 0) const {
    return examine({scorer_}, std::span(&reading_, 1), pool, shortlist);
  }
  static float own(const Examination& found, std::size_t i, std::size_t feature) {
    return found.features[i * kFeatures + feature];
  }

  TempFolder folder_;
  FragmentScorer scorer_ = test_scorer(folder_);
  std::vector<std::string> rivals_ = caffeine_rivals();
  spectra::Spectrum spectrum_ = caffeine_spectrum();
  retrieve::SpectrumQuery reading_ = reading(spectrum_);
};

TEST_F(ExaminationTest, Order_IsThatOfTheBridgeWithTiesByIndex) {
  const Examination found = examine_all(pool({1, 3, 2, 3, kNan, 1}), 4);
  EXPECT_THAT(found.order, ElementsAre(1, 3, 2, 0, 5, 4));
  ASSERT_EQ(found.shortlist.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(found.shortlist[i].candidate, found.order[i]);
  EXPECT_EQ(found.features.size(), 4 * kFeatures);
}

TEST_F(ExaminationTest, Shortlist_ZeroOrTooLargeIsThePool) {
  EXPECT_EQ(examine_all(pool({1, 2, 3}), 0).shortlist.size(), 3U);
  EXPECT_EQ(examine_all(pool({1, 2, 3}), 50).shortlist.size(), 3U);
}

TEST_F(ExaminationTest, BridgeFeatures_AreOfTheWholePool) {
  const Examination found = examine_all(pool({1, 3, 2}), 2);
  const double deviation = std::sqrt(2.0 / 3);
  EXPECT_NEAR(own(found, 0, 0), 1 / deviation, 1e-6);  // 3, one above the mean
  EXPECT_EQ(own(found, 0, 1), 3);
  EXPECT_EQ(own(found, 0, 2), 0);
  EXPECT_EQ(own(found, 0, 3), 0);
  EXPECT_NEAR(own(found, 1, 0), 0, 1e-6);
  EXPECT_NEAR(own(found, 1, 2), 1 / deviation, 1e-6);
  EXPECT_EQ(own(found, 1, 3), 1);  // log2 of rank 2
  EXPECT_NEAR(found.pool[0], std::log(3.0), 1e-6);
  EXPECT_NEAR(found.pool[1], std::log(5.0), 1e-6);  // four peaks below the precursor
  EXPECT_EQ(found.pool[2], 3);
  EXPECT_NEAR(found.pool[3], 1 / deviation, 1e-6);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t f = 0; f < kPoolFeatures; ++f) EXPECT_EQ(own(found, i, 2 * kOwnFeatures + f), found.pool[f]);
  }
}

TEST_F(ExaminationTest, StandardisedFeatures_HaveMeanZeroAndDeviationOne) {
  const Examination found = examine_all(pool({1, 5, 2, 3, 0, 2}));
  for (const std::size_t f : {std::size_t{0}, std::size_t{3}, kFragmentScore}) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      const double value = own(found, i, kOwnFeatures + f);
      sum += value, squares += value * value;
    }
    EXPECT_NEAR(sum, 0, 1e-4) << f;
    EXPECT_NEAR(squares, 6, 1e-3) << f;
  }
}

TEST_F(ExaminationTest, FragmentFeatures_AreTheScorers) {
  const Examination found = examine_all(pool({3, 2, 1}));
  const auto parts =
      fragment::take_apart(fragment::Structure::of(chem::Molecule::from_smiles(rivals_[1]).value()).value());
  const auto seen = fragment::observe(spectrum_, reading_.precursor_mz, mass::Adduct::parse("[M+H]+").value());
  const FragmentScore expected = scorer_.score(seen, parts);
  EXPECT_TRUE(found.shortlist[1].taken_apart);
  EXPECT_FLOAT_EQ(own(found, 1, kFragmentScore), static_cast<float>(expected.score));
  EXPECT_FLOAT_EQ(own(found, 1, kFragmentScore + 1), static_cast<float>(expected.likelihood));
  EXPECT_FLOAT_EQ(own(found, 1, kFragmentScore + 4), static_cast<float>(expected.share_of_intensity));
}

TEST_F(ExaminationTest, FormulaFeatures_TellFormulasApartAndNotIsomers) {
  auto candidates = pool({6, 5, 4, 3, 2, 1});
  const Examination found = examine_all(candidates);
  const auto evidence = [&](std::size_t i) {
    const auto* first = &found.features[i * kFeatures + 9];
    return std::vector<float>(first, first + 9);
  };
  EXPECT_EQ(evidence(0)[0], 0.75F);  // of caffeine's four peaks 77.7777 is no part
  EXPECT_LT(evidence(5)[0], 0.5F);   // methyl decanoate has no nitrogen
  const std::string ethylxanthine = standard("CCCn1c(=O)[nH]c(=O)c2nc[nH]c21");  // C8H10N4O2 too
  candidates[1].smiles = ethylxanthine;
  const Examination isomers = examine_all(candidates);
  EXPECT_EQ(std::vector<float>(&isomers.features[9], &isomers.features[18]),
            std::vector<float>(&isomers.features[kFeatures + 9], &isomers.features[kFeatures + 18]));
}

TEST_F(ExaminationTest, NotTakenApart_HasTheWorstOfTheShortlist) {
  auto candidates = pool({4, 3, 2, 1});
  candidates[1].smiles = kNotTaken;
  candidates[2].smiles = "this is no SMILES";
  const Examination found = examine_all(candidates);
  EXPECT_TRUE(found.shortlist[0].taken_apart);
  EXPECT_FALSE(found.shortlist[1].taken_apart);
  EXPECT_FALSE(found.shortlist[2].taken_apart);
  for (std::size_t f = kFragmentScore; f < kFragmentScore + 5; ++f) {
    const float worst = std::min(own(found, 0, f), own(found, 3, f));
    EXPECT_EQ(own(found, 1, f), worst) << f;
    EXPECT_EQ(own(found, 2, f), worst) << f;
  }
}

TEST_F(ExaminationTest, NothingTakenApart_HasFiniteFeatures) {
  auto candidates = pool({2, 1});
  for (auto& candidate : candidates) candidate.smiles = kNotTaken;
  for (const float value : examine_all(candidates).features) EXPECT_TRUE(std::isfinite(value));
}

TEST_F(ExaminationTest, NanBridgeScores_ComeLastAndLeaveFiniteFeatures) {
  const Examination some = examine_all(pool({kNan, 1, kNan, 2}));
  EXPECT_THAT(some.order, ElementsAre(3, 1, 0, 2));
  for (const float value : some.features) EXPECT_TRUE(std::isfinite(value));
  const Examination none = examine_all(pool({kNan, kNan}));
  EXPECT_THAT(none.order, ElementsAre(0, 1));
  for (const float value : none.features) EXPECT_TRUE(std::isfinite(value));
}

TEST_F(ExaminationTest, EmptySpectrum_LeavesTheBridgeAlone) {
  spectrum_.peaks.clear();
  const Examination found = examine_all(pool({1, 2, 3}));
  EXPECT_EQ(found.pool[1], 0);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t f = kFragmentScore; f < kOwnFeatures; ++f) EXPECT_EQ(own(found, i, f), 0) << f;
  }
}

TEST_F(ExaminationTest, EmptyPool_IsEmpty) {
  const Examination found = examine_all({});
  EXPECT_TRUE(found.order.empty());
  EXPECT_TRUE(found.features.empty());
}

TEST_F(ExaminationTest, Hypotheses_AreEachTheirOwnReading) {
  const std::vector<retrieve::SpectrumQuery> readings{reading(spectrum_, "[M+H]+"), reading(spectrum_, "[M+Na]+")};
  std::vector<Candidate> candidates{{rivals_[0], 3, 0}, {rivals_[0], 2, 1}};
  const Examination both = examine({scorer_}, readings, candidates, 0);
  EXPECT_NE(own(both, 0, kFragmentScore), own(both, 1, kFragmentScore));
  EXPECT_NE(own(both, 0, kFragmentScore + 5), own(both, 1, kFragmentScore + 5) + 1);
  candidates[1].hypothesis = 0;
  const Examination same = examine({scorer_}, readings, candidates, 0);
  EXPECT_EQ(own(same, 0, kFragmentScore), own(same, 1, kFragmentScore));
  EXPECT_EQ(own(same, 0, kFragmentScore), own(both, 0, kFragmentScore));
}

TEST_F(ExaminationTest, ManyThreads_GiveTheSameBits) {
  std::vector<std::vector<Candidate>> pools;
  for (std::size_t i = 0; i < 12; ++i) pools.push_back(pool({1, 2, static_cast<float>(i), 3, 0.5F}));
  const auto run = [&](std::size_t threads) {
    std::vector<std::vector<float>> out(pools.size());
    parallel_for(pools.size(), threads, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) out[i] = examine_all(pools[i], 4).features;
    });
    return out;
  };
  const auto expected = run(1);
  EXPECT_EQ(run(2), expected);
  EXPECT_EQ(run(5), expected);
}

TEST_F(ExaminationTest, AnalogFeatures_AreOfKnownMoleculesWithSuchSpectra) {
  constexpr std::size_t kFirst = 18;  // after those of the formula
  retrieve::SpectrumLibrary known;
  known.settings = retrieve::analog_settings();
  known.molecules = 2;
  known.width = 8;
  known.bits = {1, 1};
  known.spectra = {{spectrum_.peaks, 195.0877, mass::IonMode::kPositive, 0},
                   {{{69.0447, 100}, {100.0, 5}}, 150, mass::IonMode::kPositive, 1}};
  const auto bits = [](const std::string& smiles) { return chem::circular(chem::standardized_graph(smiles).value()); };
  const AnalogLibrary library(known, {bits(rivals_[0]), bits(rivals_[5])});
  const auto analogs = library.find(reading_);
  ASSERT_EQ(analogs.size(), 2U);
  const double far = analogs[1].similarity;
  EXPECT_NEAR(analogs[0].similarity, 1, 1e-6);
  const Examination found = examine({scorer_, &library}, std::span(&reading_, 1), pool({3, 2, 1}), 0);
  EXPECT_NEAR(own(found, 0, kFirst), 1, 1e-6);  // caffeine, whose spectrum is known
  EXPECT_NEAR(own(found, 0, kFirst + 3), 1, 1e-6);
  const double alike = chem::tanimoto(bits(rivals_[1]), bits(rivals_[0])),
               other = chem::tanimoto(bits(rivals_[1]), bits(rivals_[5]));
  EXPECT_NEAR(own(found, 1, kFirst), std::max(alike, far * other), 1e-6);
  EXPECT_NEAR(own(found, 1, kFirst + 1), (alike + far * far * other) / (1 + far * far), 1e-6);
  EXPECT_NEAR(own(found, 1, kFirst + 3), alike, 1e-6);
  EXPECT_NEAR(found.pool[4], 1, 1e-6);
  EXPECT_NEAR(found.pool[5], (1 + far) / 5, 1e-6);
  const Examination without = examine_all(pool({3, 2, 1}));
  for (std::size_t f = 0; f < kAnalogFeatures; ++f) EXPECT_EQ(own(without, 0, kFirst + f), 0);
  EXPECT_EQ(without.pool[4], 0);
}

}  // namespace
}  // namespace molbridge::rerank
