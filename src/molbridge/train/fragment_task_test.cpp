#include "molbridge/train/fragment_task.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::train {
namespace {

fragment::Fragmentation parts_of(const std::string& smiles) {
  return fragment::take_apart(fragment::Structure::of(chem::standardize(smiles).value()).value());
}

fragment::Observation observation(std::vector<spectra::Peak> peaks, double precursor, const char* adduct = "[M+H]+") {
  spectra::Spectrum spectrum;
  spectrum.peaks = std::move(peaks);
  return fragment::observe(spectrum, precursor, mass::Adduct::parse(adduct).value());
}

/// Two compounds with three candidates each, the truth first; the spectra hold fragments of the truths.
class FragmentTaskTest : public testing::Test {
 protected:
  FragmentTaskTest() {
    for (const char* smiles :
         {"Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CCCn1c(=O)[nH]c(=O)c2nc[nH]c21", "CCN(CC)c1ncnc(C(=O)O)c1",
          "CC(=O)Oc1ccccc1C(=O)O", "COC(=O)c1ccc(O)c(C=O)c1", "OC(=O)C=Cc1ccc(O)c(O)c1"})
      data_.fragmentations.push_back(parts_of(smiles));
    data_.compounds = {{"CAFFEINE", {0, 1, 2}}, {"ASPIRIN", {3, 4, 5}}};
    data_.spectra = {{observation({{110.0713, 20}, {138.0662, 100}}, 195.0877), 0},
                     {observation({{69.0447, 10}, {138.0662, 100}}, 195.0877), 0},
                     {observation({{121.0284, 30}, {163.0390, 100}}, 181.0495), 1}};
    options_.net = fragment_net_sizes();
    options_.net.hidden = options_.net.hidden2 = 8;
  }
  double loss(FragmentTask& task, std::int64_t step = 0) const {
    const std::vector<std::int64_t> all{0, 1, 2};
    return task.loss(all, {step, 0}).total.item<double>();
  }
  FragmentData data_;
  FragmentTaskOptions options_;
};

TEST_F(FragmentTaskTest, Batch_HoldsWhatTheMatcherFinds) {
  const fragment::Observation& seen = data_.spectra[0].observation;
  const auto& first = data_.fragmentations[0];
  const auto& second = data_.fragmentations[1];
  const learn::FragmentBatch batch =
      make_fragment_batch({{&seen, {&first, &second}}, {&data_.spectra[2].observation, {&data_.fragmentations[3]}}});
  const auto fragments = static_cast<std::int64_t>(first.fragments.size() + second.fragments.size() +
                                                   data_.fragmentations[3].fragments.size());
  EXPECT_EQ(batch.counts.sizes(), (std::vector<std::int64_t>{fragments, fragment::kCounts}));
  EXPECT_EQ(batch.slot_candidate.size(0), 6);  // two peaks for each candidate
  EXPECT_TRUE(torch::equal(batch.query, torch::tensor({0, 0, 1}, torch::kInt64)));
  const auto matches = fragment::match_peaks(second, seen.mz, seen.ion);
  const auto before = static_cast<std::int64_t>(fragment::match_peaks(first, seen.mz, seen.ion).size());
  ASSERT_FALSE(matches.empty());
  EXPECT_EQ(batch.match_ion[before].item<std::int64_t>(),
            static_cast<std::int64_t>((first.fragments.size() + matches[0].fragment) * fragment::kChannels +
                                      matches[0].channel));
  EXPECT_EQ(batch.match_slot[before].item<std::int64_t>(), 2 + static_cast<std::int64_t>(matches[0].peak));
  const auto border = static_cast<std::int64_t>(first.kind_codes.size());
  EXPECT_EQ(batch.border_offsets[static_cast<std::int64_t>(first.fragments.size())].item<std::int64_t>(), border);
  EXPECT_FLOAT_EQ(batch.root_peaks[0].item<float>(), std::sqrt(2.0F));
  EXPECT_EQ(batch.open_channels[0].sum().item<double>(), fragment::kHydrogenShifts);  // no metal
}

TEST_F(FragmentTaskTest, Metal_OpensItsChannels) {
  const auto sodium = observation({{150, 1}}, 217.0696, "[M+Na]+");
  EXPECT_EQ(make_fragment_batch({{&sodium, {&data_.fragmentations[0]}}}).open_channels.sum().item<double>(),
            fragment::kChannels);
}

TEST_F(FragmentTaskTest, QueryWithoutPeaks_HasScoreZero) {
  const auto empty = observation({}, 195.0877);
  learn::FragmentNet net(options_.net);
  net->eval();
  const auto scores = net(make_fragment_batch(
      {{&empty, {&data_.fragmentations[0], &data_.fragmentations[1]}}, {&data_.spectra[0].observation, {}}}));
  EXPECT_TRUE(torch::equal(scores.score, torch::zeros({2})));
}

TEST_F(FragmentTaskTest, Loss_OfOneSpectrumIsTheSoftmaxOverItsCandidates) {
  options_.peak_dropout = options_.net.dropout = options_.net.code_dropout = 0;
  FragmentTask task(data_, options_);
  const std::vector<std::int64_t> one{0};
  const double found = task.loss(one, {}).total.item<double>();
  const auto scores =
      task.net()(
              make_fragment_batch({{&data_.spectra[0].observation,
                                    {&data_.fragmentations[0], &data_.fragmentations[1], &data_.fragmentations[2]}}}))
          .score;
  EXPECT_NEAR(found, -scores.log_softmax(0)[0].item<double>(), 1e-5);
}

TEST_F(FragmentTaskTest, Loss_FollowsFromTheStep) {
  options_.net.dropout = options_.net.code_dropout = 0;
  options_.peak_dropout = 0.4;
  options_.candidates = 2;
  FragmentTask task(data_, options_);
  EXPECT_EQ(loss(task, 3), loss(task, 3));
  EXPECT_NE(loss(task, 3), loss(task, 4));
}

TEST_F(FragmentTaskTest, PeakDropout_LeavesAPeakAtLeast) {
  options_.peak_dropout = 0.95;
  FragmentTask task(data_, options_);
  for (std::int64_t step = 0; step < 20; ++step) EXPECT_TRUE(std::isfinite(loss(task, step)));
}

TEST_F(FragmentTaskTest, Training_RanksTheTruthsFirst) {
  FragmentTask task(data_, options_);
  torch::optim::Adam optimizer(task.module().parameters(), 0.02);
  for (std::int64_t step = 0; step < 40; ++step) {
    optimizer.zero_grad();
    const std::vector<std::int64_t> all{0, 1, 2};
    task.loss(all, {step, 0}).total.backward();
    optimizer.step();
  }
  task.net()->eval();
  const torch::NoGradGuard no_grad;
  for (const auto& [name, value] : FragmentValidator(data_, task.net(), 2).measure()) EXPECT_EQ(value, 1) << name;
}

TEST_F(FragmentTaskTest, Ties_CountAgainstTheTruth) {
  for (auto& parts : data_.fragmentations) parts = data_.fragmentations[0];
  learn::FragmentNet net(options_.net);
  net->eval();
  const torch::NoGradGuard no_grad;
  const auto figures = FragmentValidator(data_, net, 4).measure();
  EXPECT_EQ(figures[0].second, 0);                 // recall at 1
  EXPECT_EQ(figures[1].second, 1);                 // recall at 5, of three candidates
  EXPECT_NEAR(figures[2].second, 1.0 / 3, 1e-12);  // mrr
}

TEST_F(FragmentTaskTest, Figures_AreByCompound) {
  data_.compounds[1].candidates = {3, 3, 3};  // ties: aspirin is never first
  options_.net.hidden = 8;
  FragmentTask task(data_, options_);
  data_.compounds[0].candidates = {0};  // caffeine has no rival
  task.net()->eval();
  const torch::NoGradGuard no_grad;
  EXPECT_NEAR(FragmentValidator(data_, task.net(), 4).measure()[0].second, 0.5, 1e-12);  // two spectra count once
}

}  // namespace
}  // namespace molbridge::train
