#include "molbridge/train/combiner_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "molbridge/core/rng.hpp"

namespace molbridge::train {
namespace {

constexpr std::int64_t kWidth = 3;

/// Pools whose truth has the highest `rule` of its features.
template <typename Rule>
std::vector<CombinerSample> pools(std::size_t count, std::uint64_t seed, const Rule& rule) {
  Rng rng(seed);
  std::vector<CombinerSample> out(count);
  for (auto& sample : out) {
    const std::size_t candidates = 2 + rng.below(6);
    double best = -1e9;
    for (std::size_t i = 0; i < candidates; ++i) {
      std::vector<float> row(kWidth);
      for (float& value : row) value = static_cast<float>(rng.uniform() * 4 - 2);
      if (rule(row) > best) best = rule(row), sample.truth = static_cast<std::int64_t>(i);
      sample.features.insert(sample.features.end(), row.begin(), row.end());
    }
  }
  return out;
}

double score_of(const CombinerWeights& w, const float* row) {
  double x[kWidth], score = 0;
  for (std::int64_t f = 0; f < kWidth; ++f) {
    x[f] = std::clamp((row[f] - w.mean[f]) / w.deviation[f], -8.0F, 8.0F);
    score += w.linear[f] * x[f];
  }
  for (std::size_t h = 0; h < w.hidden_bias.size(); ++h) {
    double sum = w.hidden_bias[h];
    for (std::int64_t f = 0; f < kWidth; ++f) sum += w.hidden_weight[h * kWidth + f] * x[f];
    score += w.output[h] * std::tanh(sum);
  }
  return score;
}

double recall(const CombinerWeights& weights, const std::vector<CombinerSample>& samples) {
  double right = 0;
  for (const auto& sample : samples) {
    const std::size_t count = sample.features.size() / kWidth;
    std::vector<double> scores;
    for (std::size_t i = 0; i < count; ++i) scores.push_back(score_of(weights, &sample.features[i * kWidth]));
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == sample.truth ? 1 : 0;
  }
  return right / static_cast<double>(samples.size());
}

const CombinerFitOptions kFast{
    .features = kWidth, .hidden = 4, .steps = 300, .learning_rate = 0.05, .weight_decay = 1e-3};

TEST(CombinerFit, PlantedLinearRule_IsFound) {
  const auto rule = [](const std::vector<float>& row) { return 2 * row[0] - row[1]; };
  const CombinerWeights weights = fit_combiner(pools(300, 1, rule), kFast);
  EXPECT_GT(recall(weights, pools(200, 2, rule)), 0.93);
  const auto gain = [&](const std::vector<float>& row) {
    const std::vector<float> zero(kWidth);
    return score_of(weights, row.data()) - score_of(weights, zero.data());
  };
  EXPECT_GT(gain({1, 0, 0}), 1);
  EXPECT_LT(gain({0, 1, 0}), -0.5);
  EXPECT_LT(std::abs(gain({0, 0, 1})), 0.3 * gain({1, 0, 0}));  // says nothing
}

TEST(CombinerFit, RuleOfTheHiddenLayer_IsFound) {
  const auto rule = [](const std::vector<float>& row) { return std::abs(row[0]); };  // no linear function ranks so
  CombinerFitOptions options = kFast;
  options.hidden = 12;
  EXPECT_GT(recall(fit_combiner(pools(300, 3, rule), options), pools(200, 4, rule)), 0.85);
}

TEST(CombinerFit, WithoutASignal_StaysAtChance) {
  auto samples = pools(400, 5, [](const auto&) { return 0.0; });
  Rng rng(6);
  double expected = 0;
  for (auto& sample : samples) {
    const auto count = sample.features.size() / kWidth;
    sample.truth = static_cast<std::int64_t>(rng.below(count));
    expected += std::log(static_cast<double>(count)) / static_cast<double>(samples.size());
  }
  const CombinerWeights weights = fit_combiner(samples, kFast);
  EXPECT_LT(weights.loss, expected + 1e-6);
  EXPECT_GT(weights.loss, 0.9 * expected);
}

TEST(CombinerFit, Standardisation_IsThatOfTheCandidates) {
  std::vector<CombinerSample> samples(1);
  samples[0].features = {1, 10, 5, 3, 10, 7};
  const CombinerWeights weights = fit_combiner(samples, kFast);
  EXPECT_EQ(weights.mean, (std::vector<float>{2, 10, 6}));
  EXPECT_EQ(weights.deviation, (std::vector<float>{1, 1e-3F, 1}));  // a constant feature divides by no zero
}

TEST(CombinerFit, WeightOfASample_Counts) {
  std::vector<CombinerSample> samples(2);
  samples[0].features = samples[1].features = {1, 0, 0, -1, 0, 0};
  samples[1].truth = 1;  // the same pool with the other answer
  samples[0].weight = 9;
  EXPECT_GT(fit_combiner(samples, kFast).linear[0], 0);
  samples[1].weight = 100;
  EXPECT_LT(fit_combiner(samples, kFast).linear[0], 0);
}

TEST(CombinerFit, SameSeed_GivesTheSameBits) {
  const auto samples = pools(50, 7, [](const std::vector<float>& row) { return row[2]; });
  CombinerFitOptions options = kFast;
  options.steps = 30;
  const CombinerWeights first = fit_combiner(samples, options), second = fit_combiner(samples, options);
  EXPECT_EQ(first.hidden_weight, second.hidden_weight);
  EXPECT_EQ(first.linear, second.linear);
  options.seed = 2;
  EXPECT_NE(fit_combiner(samples, options).hidden_weight, first.hidden_weight);
}

}  // namespace
}  // namespace molbridge::train
