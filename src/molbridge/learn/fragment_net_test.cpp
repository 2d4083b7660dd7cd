#include "molbridge/learn/fragment_net.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/learn/test_gradients.hpp"

namespace molbridge::learn {
namespace {

torch::Tensor ints(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kInt64); }
torch::Tensor numbers(const std::vector<double>& values) { return torch::tensor(values, torch::kFloat64); }

FragmentNetOptions tiny() {
  FragmentNetOptions o;
  o.counts = 4, o.kind_codes = 6, o.neighbour_codes = 5, o.formula_codes = 7, o.conditions = 3, o.channels = 3;
  o.hidden = 5, o.hidden2 = 4, o.dropout = 0, o.code_dropout = 0;
  return o;
}

FragmentNet make_net(std::uint64_t seed = 1) {
  torch::manual_seed(seed);
  FragmentNet net(tiny());
  net->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : net->parameters()) parameter.add_(torch::randn_like(parameter) * 0.3);
  return net;
}

/// Two spectra of two peaks; two candidates for the first, one for the second; fragments 0-2, 3 and 4. Channel 2 is closed for the second.
FragmentBatch make_batch() {
  torch::manual_seed(7);
  FragmentBatch b;
  b.counts = torch::randint(0, 9, {5, 4}, torch::kFloat64);
  b.kinds = ints({1, 2, 5, 0, 3});
  b.neighbours = ints({0, 4, 1, 2, 2});
  b.border_offsets = ints({0, 0, 1, 3, 3});  // the first and the fourth are whole molecules
  b.formulas = ints({0, 1, 2, 6, 3});
  b.losses = ints({0, 4, 5, 0, 2});
  b.candidate = ints({0, 0, 0, 1, 2});
  b.query = ints({0, 0, 1});
  b.conditions = torch::rand({2, 3}, torch::kFloat64);
  b.open_channels = numbers({1, 1, 1, 1, 1, 0}).view({2, 3});
  b.match_ion = ints({0, 4, 8, 10, 12});
  b.match_slot = ints({0, 1, 1, 2, 5});
  b.match_error = numbers({1, -3, 6, 0.5, -8});
  b.slot_candidate = ints({0, 0, 1, 1, 2, 2});
  b.slot_weight = numbers({0.4, 0.6, 0.4, 0.6, 0.3, 0.7});
  b.slot_features = torch::rand({6, 3}, torch::kFloat64);
  b.root_peaks = numbers({std::sqrt(2.0), std::sqrt(2.0)});
  return b;
}

/// One spectrum and one candidate of two fragments: every open ion has a peak at exactly its m/z, and one more peak has none.
FragmentBatch every_ion_seen(std::int64_t open) {
  FragmentBatch b = make_batch();
  b.counts = b.counts.slice(0, 0, 2), b.kinds = ints({3}), b.neighbours = ints({1});
  b.border_offsets = ints({0, 0}), b.formulas = ints({0, 4}), b.losses = ints({0, 3});
  b.candidate = ints({0, 0}), b.query = ints({0}), b.conditions = b.conditions.slice(0, 0, 1);
  b.open_channels = torch::zeros({1, 3}, torch::kFloat64);
  b.open_channels.slice(1, 0, open).fill_(1);
  std::vector<std::int64_t> ions;
  for (std::int64_t f = 0; f < 2; ++f) {
    for (std::int64_t k = 0; k < open; ++k) ions.push_back(f * 3 + k);
  }
  const auto slots = static_cast<std::int64_t>(ions.size()) + 1;
  b.match_ion = ints(ions), b.match_slot = torch::arange(slots - 1, torch::kInt64);
  b.match_error = torch::zeros({slots - 1}, torch::kFloat64);
  b.slot_candidate = torch::zeros({slots}, torch::kInt64);
  b.slot_features = torch::zeros({slots, 3}, torch::kFloat64);
  b.root_peaks = numbers({1});
  return b;
}

/// P(peak | molecule) of each slot: the likelihood of a spectrum that has this peak alone.
std::vector<double> shares(FragmentNet& net, FragmentBatch batch) {
  const torch::NoGradGuard no_grad;
  std::vector<double> out;
  for (std::int64_t slot = 0; slot < batch.slot_candidate.size(0); ++slot) {
    batch.slot_weight = torch::zeros({batch.slot_candidate.size(0)}, torch::kFloat64);
    batch.slot_weight[slot] = 1;
    out.push_back(std::exp(net(batch).likelihood.item<double>()));
  }
  return out;
}

double value(FragmentNet& net, const std::string& name) {
  return net->named_parameters()[name].view({-1})[0].item<double>();
}

TEST(FragmentNet, Gradients_MatchDifferences) {
  FragmentNet net = make_net();
  const FragmentBatch batch = make_batch();
  expect_gradients(
      *net,
      [&] {
        const FragmentScores scores = net(batch);
        return -scores.score.slice(0, 0, 2).log_softmax(0)[0] + scores.likelihood[2] * 0.3 + scores.explained.sum();
      },
      1);
}

TEST(FragmentNet, PredictedIonsAndBackground_SumToOne) {
  FragmentNet net = make_net();
  for (const std::int64_t open : {2, 3}) {
    const std::vector<double> found = shares(net, every_ion_seen(open));
    const double background = found.back();  // e^b / (e^B + sum over all): no ion lies there
    double sum = std::exp(value(net, "background_total") - value(net, "background.bias")) * background;
    for (std::size_t i = 0; i + 1 < found.size(); ++i) sum += found[i] - background;
    EXPECT_NEAR(sum, 1, 1e-12) << open << " channels are open";
  }
}

TEST(FragmentNet, PpmError_LowersTheLikelihoodByTheGaussian) {
  FragmentNet net = make_net();
  FragmentBatch batch = every_ion_seen(3);
  const auto exact = shares(net, batch);
  const double width = std::exp(value(net, "log_width"));
  batch.match_error[0] = 2 * width;
  const auto off = shares(net, batch);
  EXPECT_NEAR((off[0] - exact.back()) / (exact[0] - exact.back()), std::exp(-2.0), 1e-9);
  EXPECT_DOUBLE_EQ(off[1], exact[1]);
}

TEST(FragmentNet, IonsThatAreNotThere_CostLikelihood) {
  FragmentNet net = make_net();
  const FragmentBatch both = every_ion_seen(3);
  FragmentBatch without = both;  // the second fragment promises ions and none is measured
  without.match_ion = both.match_ion.slice(0, 0, 3), without.match_slot = both.match_slot.slice(0, 0, 3);
  without.match_error = both.match_error.slice(0, 0, 3);
  FragmentBatch alone = without;
  alone.counts = both.counts.slice(0, 0, 1), alone.kinds = ints({}), alone.neighbours = ints({});
  alone.border_offsets = ints({0}), alone.formulas = ints({0}), alone.losses = ints({0}), alone.candidate = ints({0});
  EXPECT_GT(shares(net, alone)[0], shares(net, without)[0]);
}

TEST(FragmentNet, CandidatesOfABatch_DoNotInfluenceEachOther) {
  FragmentNet net = make_net();
  const torch::NoGradGuard no_grad;
  FragmentBatch batch = make_batch();
  const FragmentScores before = net(batch);
  batch.counts[4].fill_(8);  // the only fragment of the third candidate
  batch.conditions[1].fill_(2);
  const FragmentScores after = net(batch);
  EXPECT_TRUE(torch::equal(before.score.slice(0, 0, 2), after.score.slice(0, 0, 2)));
  EXPECT_FALSE(torch::equal(before.score[2], after.score[2]));
}

TEST(FragmentNet, Conditions_ChangeWhatIsExpected) {
  FragmentNet net = make_net();
  const torch::NoGradGuard no_grad;
  FragmentBatch batch = make_batch();
  const FragmentScores before = net(batch);
  batch.conditions[0].add_(1);
  EXPECT_FALSE(torch::allclose(before.likelihood[0], net(batch).likelihood[0]));
}

TEST(FragmentNet, ExtremeWeights_StayFinite) {
  FragmentNet net = make_net();
  {
    const torch::NoGradGuard no_grad;
    net->named_parameters()["output.weight"].mul_(1e6);
  }
  const FragmentScores scores = net(make_batch());
  scores.score.sum().backward();
  EXPECT_TRUE(torch::isfinite(scores.score).all().item<bool>());
  for (const auto& item : net->named_parameters())
    EXPECT_TRUE(torch::isfinite(item.value().grad()).all().item<bool>()) << item.key();
}

TEST(FragmentNet, Dropout_ActsInTrainingAlone) {
  torch::manual_seed(1);
  FragmentNetOptions options = tiny();
  options.dropout = 0.5, options.code_dropout = 0.5;
  FragmentNet net(options);
  net->to(torch::kFloat64);
  const FragmentBatch batch = make_batch();
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(torch::equal(net(batch).score, net(batch).score));
  net->eval();
  EXPECT_TRUE(torch::equal(net(batch).score, net(batch).score));
}

}  // namespace
}  // namespace molbridge::learn
