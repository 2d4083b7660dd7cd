#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/test_manifest.hpp"
#include "molbridge/rerank/reranker.hpp"
#include "molbridge/rerank/test_rerank_folder.hpp"

namespace molbridge::rerank {
namespace {

using bank::testing::TempFolder;

class TwoStageRerankerTest : public testing::Test {
 protected:
  TwoStageRerankerTest() {
    std::filesystem::create_directories(folder_ / "model");
    write_rerank_folder(part(), {.shortlist = 7});
    reranker_ = Reranker::load(folder_ / "model");
  }
  std::string part() const { return (folder_ / "model") + "/" + kRerankFolder; }

  /// Those after the first `with_smiles` have no structure, as outside the shortlist.
  std::vector<Candidate> pool(std::size_t size, std::size_t with_smiles) const {
    std::vector<Candidate> out;
    for (std::size_t i = 0; i < size; ++i)
      out.push_back({i < with_smiles ? rivals_[i % rivals_.size()] : "", 1 / (1 + static_cast<float>(i)), 0});
    return out;
  }
  std::vector<Verdict> judge(const std::vector<Candidate>& pool, std::size_t shortlist) const {
    return reranker_->judge(std::span(&reading_, 1), pool, {.shortlist = shortlist});
  }
  static double total(const std::vector<Verdict>& verdicts) {
    return std::accumulate(verdicts.begin(), verdicts.end(), 0.0,
                           [](double sum, const Verdict& v) { return sum + v.probability; });
  }

  TempFolder folder_;
  std::shared_ptr<const Reranker> reranker_;
  std::vector<std::string> rivals_ = caffeine_rivals();
  spectra::Spectrum spectrum_ = caffeine_spectrum();
  retrieve::SpectrumQuery reading_ = reading(spectrum_);
};

TEST_F(TwoStageRerankerTest, Folder_SaysWhatItIs) {
  ASSERT_NE(reranker_, nullptr);
  EXPECT_EQ(reranker_->default_shortlist(), 7U);
  EXPECT_EQ(reranker_->digest(), nn::ModelFolder::open(part()).digest);
  EXPECT_EQ(Reranker::load(part()), nullptr);  // a folder without a second stage
}

TEST_F(TwoStageRerankerTest, PoolLargerThanTheShortlist_SumsToOneAndKeepsTheRestBehind) {
  const auto verdicts = judge(pool(20, 6), 6);
  ASSERT_EQ(verdicts.size(), 20U);
  EXPECT_NEAR(total(verdicts), 1, 1e-9);
  const auto last = std::min_element(verdicts.begin(), verdicts.begin() + 6,
                                     [](const Verdict& a, const Verdict& b) { return a.score < b.score; });
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(verdicts[i].looked_at, i < 6);
    EXPECT_GE(verdicts[i].probability_close, verdicts[i].probability);
    EXPECT_LE(verdicts[i].probability_close, 1);
    if (i < 6) {
      EXPECT_GE(verdicts[i].fragments_explained, 0);
      EXPECT_LE(verdicts[i].intensity_explained, 1);
      continue;
    }
    EXPECT_EQ(verdicts[i].fragments_explained, -1);
    EXPECT_NEAR(verdicts[i].probability, 0.1 / 14, 1e-12);  // what the shortlist does not cover
    EXPECT_LT(verdicts[i].score, i == 6 ? last->score : verdicts[i - 1].score);
  }
}

TEST_F(TwoStageRerankerTest, WholePool_SumsToOne) {
  EXPECT_NEAR(total(judge(pool(6, 6), 0)), 1, 1e-9);
  EXPECT_NEAR(total(judge(pool(6, 6), 6)), 1, 1e-9);
  EXPECT_NEAR(judge(pool(1, 1), 10)[0].probability, 1, 1e-9);
}

TEST_F(TwoStageRerankerTest, Scores_AreThoseOfTheCombiner) {
  const auto candidates = pool(5, 5);
  const auto scorer = FragmentScorer::read(nn::ModelFolder::open(part()));
  const Examination found = examine({scorer}, std::span(&reading_, 1), candidates, 0);
  const auto expected = test_combiner().scores(found.features);
  const auto verdicts = judge(candidates, 0);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(verdicts[found.shortlist[i].candidate].score, expected[i]);
    EXPECT_EQ(verdicts[found.shortlist[i].candidate].fragments_explained, found.shortlist[i].fragments.share_of_peaks);
  }
}

TEST_F(TwoStageRerankerTest, HigherScore_IsMoreProbable) {
  const auto verdicts = judge(pool(6, 6), 0);
  for (const Verdict& a : verdicts) {
    for (const Verdict& b : verdicts) {
      if (a.score > b.score) {
        EXPECT_GE(a.probability, b.probability);
      }
    }
  }
}

TEST_F(TwoStageRerankerTest, SameQuestion_HasTheSameAnswer) {
  const auto candidates = pool(15, 8);
  const auto first = judge(candidates, 8), second = judge(candidates, 8);
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].score, second[i].score);
    EXPECT_EQ(first[i].probability, second[i].probability);
    EXPECT_EQ(first[i].probability_close, second[i].probability_close);
  }
}

TEST_F(TwoStageRerankerTest, OrderOfThePool_DoesNotMatter) {
  auto candidates = pool(6, 6);
  const auto forward = judge(candidates, 0);
  std::reverse(candidates.begin(), candidates.end());
  const auto backward = judge(candidates, 0);
  for (std::size_t i = 0; i < forward.size(); ++i) {
    EXPECT_NEAR(forward[i].score, backward[forward.size() - 1 - i].score, 1e-4);
    EXPECT_NEAR(forward[i].probability, backward[forward.size() - 1 - i].probability, 1e-4);
  }
}

TEST_F(TwoStageRerankerTest, EmptyPool_HasNoVerdicts) { EXPECT_TRUE(judge({}, 10).empty()); }

TEST_F(TwoStageRerankerTest, EmptySpectrumAndNanScores_GiveFiniteVerdicts) {
  spectrum_.peaks.clear();
  auto candidates = pool(8, 8);
  for (auto& candidate : candidates) candidate.bridge_score = std::nanf("");
  candidates[0].smiles = "C.C";
  const auto verdicts = judge(candidates, 5);
  EXPECT_NEAR(total(verdicts), 1, 1e-9);
  for (const Verdict& verdict : verdicts) {
    EXPECT_TRUE(std::isfinite(verdict.score));
    EXPECT_TRUE(std::isfinite(verdict.probability_close));
  }
  EXPECT_EQ(verdicts[0].fragments_explained, -1);  // not taken apart
}

TEST_F(TwoStageRerankerTest, Explain_FindsCaffeinesKnownFragment) {
  const auto peaks = reranker_->explain(reading_, rivals_[0]);
  ASSERT_EQ(peaks.size(), 4U);  // the precursor is left out
  for (std::size_t i = 1; i < peaks.size(); ++i) EXPECT_LT(peaks[i - 1].mz, peaks[i].mz);
  const AnnotatedPeak& known = peaks[3];  // caffeine without CH3NCO
  EXPECT_EQ(known.mz, 138.0662);
  EXPECT_EQ(known.intensity, 1);
  EXPECT_EQ(known.formula, "C6H8N3O+");
  EXPECT_LT(std::abs(known.ppm_error), 3);
  EXPECT_GE(known.bonds_cut, 2);  // several parts have this formula; which one is likeliest is for the weights to say
  EXPECT_GT(known.weight, 0);
  EXPECT_LE(known.weight, 1);
  const auto atoms = [&](char upper) {
    return std::count_if(known.smiles.begin(), known.smiles.end(), [&](char c) { return std::toupper(c) == upper; });
  };
  EXPECT_EQ(atoms('C'), 6) << known.smiles;
  EXPECT_EQ(atoms('N'), 3) << known.smiles;
  EXPECT_EQ(atoms('O'), 1) << known.smiles;
  EXPECT_EQ(peaks[2].formula, "C5H8N3+");
  EXPECT_EQ(peaks[1].formula, "");  // 77.7777
  EXPECT_EQ(peaks[1].smiles, "");
}

TEST_F(TwoStageRerankerTest, Explain_OfWhatCannotBeTakenApart_ListsThePeaks) {
  for (const char* smiles : {"C.C", "this is no SMILES"}) {
    const auto peaks = reranker_->explain(reading_, smiles);
    ASSERT_EQ(peaks.size(), 4U);
    for (const auto& peak : peaks) EXPECT_EQ(peak.formula, "");
  }
}

TEST_F(TwoStageRerankerTest, DamagedFolders_AreRefused) {
  const auto open = [&](const std::string&) { Reranker::load(folder_ / "model"); };
  nn::expect_manifest_refused(part(), "shortlist = 7", "shortlist = 0", "rerank.shortlist", open);
  nn::expect_manifest_refused(part(), "shortlist = 7", "shortlist_ = 7", "rerank.shortlist", open);
  nn::expect_manifest_refused(part(), "coverage = 0.9", "coverage = 1.5", "calibration", open);
  nn::expect_manifest_refused(part(), "coverage", "coverage_", "calibration.coverage", open);
  nn::expect_manifest_refused(part(), "[calibration.close]", "[calibration.near]", "calibration.close", open);
  nn::expect_manifest_refused(part(), "[calibration.tempering]", "[calibration.temper]", "calibration", open);
}

}  // namespace
}  // namespace molbridge::rerank
