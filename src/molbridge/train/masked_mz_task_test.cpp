#include "molbridge/train/masked_mz_task.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "molbridge/train/test_gradients.hpp"

namespace molbridge::train {
namespace {

constexpr double kBin = 0.5;

DreamsSizes tiny_sizes(bool order_head = false) {
  DreamsSizes sizes{.layers = 2, .heads = 2, .d_fourier = 24, .d_peak = 8, .feed_forward = 64, .fourier_hidden = {}};
  sizes.frequencies = geometric_frequencies(0.5, 400, 24);
  sizes.mz_bin = kBin;
  sizes.mz_classes = 400;
  sizes.order_head = order_head;
  return sizes;
}

/// Kinds of spectra whose peaks tell each other's m/z; spectra of a higher kind are eluted later.
PretrainingSpectra some_spectra(std::size_t count, bool timed = false) {
  PretrainingSpectra spectra;
  Rng rng(5);
  for (std::size_t i = 0; i < count; ++i) {
    const auto kind = static_cast<float>(i % 4);
    PretrainingSpectrum spectrum;
    spectrum.compound = static_cast<std::int64_t>(i % 4);
    if (timed) spectrum.rt_seconds = 100 * kind + static_cast<float>(rng.uniform());
    spectrum.tokens.peaks = {{180, 1.1F}, {60 + 3 * kind, 1.0F}};
    for (int peak = 0; peak < 6; ++peak) {
      const float mz = 70 + 10 * static_cast<float>(peak) + 2 * kind;
      spectrum.tokens.peaks.push_back(
          {mz, 0.1F * static_cast<float>(peak + 1) + 0.05F * static_cast<float>(rng.uniform())});
    }
    spectra.training.push_back(spectrum);
  }
  spectra.validation = spectra.training;
  return spectra;
}

std::shared_ptr<DreamsModule> tiny_module(bool order_head = false) {
  torch::manual_seed(4);
  return std::make_shared<DreamsModule>(tiny_sizes(order_head), DreamsDropout{0, 0, 0, 0});
}

std::vector<std::int64_t> first(std::int64_t count) {
  std::vector<std::int64_t> examples(static_cast<std::size_t>(count));
  std::iota(examples.begin(), examples.end(), 0);
  return examples;
}

TEST(FocalLoss, KnownProbabilities_GiveTheFormula) {
  const auto logits = torch::tensor({0.0, std::log(3.0)}, torch::kFloat64).repeat({2, 1});  // 1/4, 3/4
  const auto classes = torch::tensor({0, 1}, torch::kInt64);
  const double expected = (std::pow(0.75, 5) * std::log(4.0) + std::pow(0.25, 5) * std::log(4.0 / 3)) / 2;
  EXPECT_NEAR(focal_loss(logits, classes, 5).item<double>(), expected, 1e-12);
  const double entropy = std::log(4.0) / 4 + 0.75 * std::log(4.0 / 3);
  EXPECT_NEAR(focal_loss(logits, classes, 5, 0.1).item<double>(), expected - 0.1 * entropy, 1e-12);
}

TEST(FocalLoss, CertainAndHopelessPredictions_StayFinite) {
  const auto logits = torch::tensor({{200.0, 0.0}, {-200.0, 0.0}}).requires_grad_();
  const auto loss = focal_loss(logits, torch::tensor({0, 0}, torch::kInt64), 5);
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), 100, 1e-3);
  EXPECT_TRUE(logits.grad().isfinite().all().item<bool>());
}

TEST(FocalLoss, Gradients_AreThoseOfFiniteDifferences) {
  torch::manual_seed(1);
  const auto classes = torch::tensor({2, 0, 4}, torch::kInt64);
  for (const double smoothing : {0.0, 0.2}) {
    for (const double gamma : {0.0, 1.0, 5.0}) {
      expect_gradients({torch::randn({3, 5}, torch::kFloat64)},
                       [&](const auto& inputs) { return focal_loss(inputs[0], classes, gamma, smoothing); });
    }
  }
}

TEST(MaskedMzTask, Classes_RoundHalfToEvenAndEndAtTheLast) {
  EXPECT_EQ(mz_class(0.025, 0.05, 20'000), 0);
  EXPECT_EQ(mz_class(100.0, 0.05, 20'000), 2'000);
  EXPECT_EQ(mz_class(1.25, 0.5, 400), 2);
  EXPECT_EQ(mz_class(5'000, 0.05, 20'000), 19'999);
}

TEST(MaskedMzTask, HiddenPeaks_LoseTheirMzAndNothingElse) {
  const auto spectra = some_spectra(3);
  const MaskedMzTask task(tiny_module(), spectra, {});
  const std::vector<const PretrainingSpectrum*> some = {&spectra.training[1], &spectra.training[2]};
  Rng rng(9);
  const auto masked = task.mask(some, rng, true);
  ASSERT_EQ(masked.rows.numel(), 4);
  std::size_t hidden = 0;
  for (std::size_t s = 0, row = 0; s < 2; ++s) {
    for (std::size_t t = 0; t < some[s]->tokens.peaks.size(); ++t, ++row) {
      const auto &before = some[s]->tokens.peaks[t], &after = masked.tokens[s].peaks[t];
      EXPECT_EQ(after.intensity, before.intensity);
      if (after.mz == before.mz) continue;
      EXPECT_EQ(after.mz, -1);
      EXPECT_EQ(masked.rows[static_cast<std::int64_t>(hidden)].item<std::int64_t>(), static_cast<std::int64_t>(row));
      EXPECT_EQ(masked.classes[static_cast<std::int64_t>(hidden)].item<std::int64_t>(), mz_class(before.mz, kBin, 400));
      ++hidden;
    }
  }
  EXPECT_EQ(hidden, 4U);
}

TEST(MaskedMzTask, Loss_FollowsFromSeedStepAndPart) {
  const auto spectra = some_spectra(12);
  const auto module = tiny_module();
  MaskedMzTask task(module, spectra, {.shift_probability = 0.5});
  const auto at = [&](std::int64_t step, std::int64_t part) {
    return task.loss(first(12), {step, part}).total.item<double>();
  };
  EXPECT_EQ(at(3, 0), at(3, 0));
  EXPECT_NE(at(3, 0), at(4, 0));
  EXPECT_NE(at(3, 0), at(3, 1));
  MaskedMzTask other(module, spectra, {.shift_probability = 0.5, .seed = 2});
  EXPECT_NE(at(3, 0), other.loss(first(12), {3, 0}).total.item<double>());
}

/// Of the whole loss, both objectives, by every tensor along a random direction.
TEST(MaskedMzTask, Gradients_AreThoseOfFiniteDifferences) {
  const auto spectra = some_spectra(6, true);
  const auto module = tiny_module(true);
  module->to(torch::kFloat64);
  MaskedMzTask task(module, spectra, {.entropy_smoothing = 0.1, .order_weight = 0.3});
  const auto loss = [&] { return task.loss(first(6), {1, 0}).total; };
  loss().backward();
  torch::manual_seed(8);
  for (auto& item : module->named_parameters()) {
    auto& value = item.value();
    if (!value.requires_grad()) continue;
    ASSERT_TRUE(value.grad().defined()) << item.key();
    const auto direction = torch::randn_like(value);
    const double expected = (value.grad() * direction).sum().item<double>(), step = 1e-6;
    const torch::NoGradGuard no_gradients;
    value.add_(step * direction);
    const double above = loss().item<double>();
    value.sub_(2 * step * direction);
    const double below = loss().item<double>();
    value.add_(step * direction);
    EXPECT_NEAR((above - below) / (2 * step), expected, 1e-5 * std::max(1.0, std::abs(expected))) << item.key();
  }
}

TEST(MaskedMzTask, Training_TeachesMassesAndOrder) {
  learn::set_threads(1);  // small products wait more for each other than they gain
  const auto spectra = some_spectra(32, true);
  const auto module = tiny_module(true);
  MaskedMzTask task(module, spectra, {.order_weight = 0.2});
  MaskedMzValidator validator(task, spectra.validation, 0);
  const auto figures = [&] {
    const torch::NoGradGuard no_gradients;
    module->eval();
    const auto values = validator.measure();
    module->train();
    return values;
  };
  const auto before = figures();
  EXPECT_EQ(before[2].first, "top_1");
  EXPECT_LT(before[2].second, 0.2);
  torch::optim::Adam optimizer(module->parameters(), 5e-3);
  double order = 0;
  for (int step = 0; step < 120; ++step) {
    optimizer.zero_grad();
    const auto loss = task.loss(first(32), {step, 0});
    loss.total.backward();
    optimizer.step();
    ASSERT_EQ(loss.terms.at(1).first, "order");
    if (step >= 110) order += loss.terms[1].second / 10;
  }
  const auto after = figures();
  EXPECT_GT(after[2].second, 0.9);
  EXPECT_GE(after[3].second, after[2].second);
  EXPECT_LT(after[0].second, 0.1 * before[0].second);
  EXPECT_LT(order, 0.45);  // a quarter of the pairs are of one kind, of which only chance could tell: 0.17
  EXPECT_EQ(figures(), after);
}

TEST(MaskedMzTask, SpectraWithoutTimes_HaveNoOrder) {
  const auto spectra = some_spectra(4);
  MaskedMzTask task(tiny_module(true), spectra, {.order_weight = 0.2});
  const auto loss = task.loss(first(4), {0, 0});
  EXPECT_EQ(loss.terms[1].second, 0);
  EXPECT_NEAR(loss.total.item<double>(), 0.8 * loss.terms[0].second, 1e-6);
}

TEST(MaskedMzTask, NothingToHide_IsALossOfZero) {
  PretrainingSpectra spectra = some_spectra(2);
  for (auto& spectrum : spectra.training) spectrum.tokens.peaks.resize(2);
  MaskedMzTask task(tiny_module(), spectra, {});
  const auto loss = task.loss(first(2), {0, 0}).total;
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
}

}  // namespace
}  // namespace molbridge::train
