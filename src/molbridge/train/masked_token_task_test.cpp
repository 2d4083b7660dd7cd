#include "molbridge/train/masked_token_task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace molbridge::train {
namespace {

constexpr std::int64_t kVocabulary = 40;

TokenSequences random_sequences(int count, std::uint64_t shortest, std::uint64_t longest) {
  TokenSequences sequences;
  Rng rng(9);
  for (int i = 0; i < count; ++i) {
    std::vector<TokenId> ids = {SmilesVocabulary::kFirst};
    for (std::uint64_t n = shortest + rng.below(longest - shortest + 1); n > 0; --n)
      ids.push_back(
          static_cast<TokenId>(SmilesVocabulary::kOrdinary + rng.below(kVocabulary - SmilesVocabulary::kOrdinary)));
    ids.push_back(SmilesVocabulary::kLast);
    sequences.add(ids);
  }
  return sequences;
}

std::vector<std::int64_t> all_of(const TokenSequences& sequences) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(sequences.size()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TokenizedMolecules small_molecules(bool fingerprints) {
  TokenizedMolecules molecules{random_sequences(6, 2, 9), {}};
  torch::manual_seed(8);
  if (fingerprints) molecules.fingerprints = torch::randint(0, 256, {6, 2}, torch::kUInt8);
  return molecules;
}

MaskedTokenOptions small_options() {
  MaskedTokenOptions options;
  options.network = {.vocabulary = kVocabulary,
                     .layers = 2,
                     .hidden = 8,
                     .heads = 2,
                     .feed_forward = 12,
                     .max_tokens = 12,
                     .dropout = 0};
  options.network.initial_spread = 0.3;
  options.pack_tokens = 24;
  return options;
}

TEST(MaskedPacks, Statistics_FifteenPercentEightyTenTen) {
  const TokenSequences sequences = random_sequences(2000, 40, 60);
  Rng random(1);
  std::int64_t chosen = 0, masked = 0, kept = 0, ordinary = 0;
  for (const MaskedPack& pack : masked_packs(sequences, all_of(sequences), {}, kVocabulary, 4096, random)) {
    const auto seen = pack.ids.flatten().index_select(0, pack.chosen);
    chosen += pack.labels.size(0);
    masked += seen.eq(SmilesVocabulary::kMask).sum().item<std::int64_t>();
    kept += seen.eq(pack.labels).sum().item<std::int64_t>();
    ordinary += pack.ids.ge(SmilesVocabulary::kMask).sum().item<std::int64_t>();
    EXPECT_GE(pack.labels.min().item<std::int64_t>(), SmilesVocabulary::kOrdinary);
  }
  const auto share = [](std::int64_t part, std::int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  EXPECT_NEAR(share(chosen, ordinary), 0.15, 0.005);
  EXPECT_NEAR(share(masked, chosen), 0.8, 0.015);
  EXPECT_NEAR(share(kept, chosen), 0.1 + 0.1 / (kVocabulary - SmilesVocabulary::kOrdinary), 0.015);
}

TEST(MaskedPacks, WhatIsNotChosen_StaysAndEveryRowStandsOnce) {
  const TokenSequences sequences = random_sequences(100, 1, 30);
  const auto batch = all_of(sequences);
  Rng random(2);
  std::vector<int> times(100, 0);
  for (const MaskedPack& pack : masked_packs(sequences, batch, {}, kVocabulary, 64, random)) {
    auto restored = pack.ids.clone();
    restored.flatten().index_copy_(0, pack.chosen, pack.labels);
    EXPECT_LE(pack.ids.numel(), 64);
    for (std::size_t b = 0; b < pack.rows.size(); ++b) {
      ++times[pack.rows[b]];
      const auto ids = sequences[batch[pack.rows[b]]];
      for (std::int64_t t = 0; t < pack.ids.size(1); ++t) {
        const auto expected =
            t < static_cast<std::int64_t>(ids.size()) ? ids[static_cast<std::size_t>(t)] : SmilesVocabulary::kPad;
        EXPECT_EQ(restored[static_cast<std::int64_t>(b)][t].item<std::int64_t>(), expected);
      }
    }
  }
  EXPECT_EQ(times, std::vector<int>(100, 1));
}

TEST(MaskedPacks, ShortSequences_HaveOneChosen_UntouchedOnesNone) {
  const TokenSequences sequences = random_sequences(200, 1, 1);
  Rng random(3);
  for (const MaskedPack& pack : masked_packs(sequences, all_of(sequences), {}, kVocabulary, 4096, random)) {
    EXPECT_EQ(pack.labels.size(0), static_cast<std::int64_t>(pack.rows.size()));
  }
  for (const MaskedPack& pack :
       masked_packs(sequences, all_of(sequences), {.untouched = 1}, kVocabulary, 4096, random)) {
    EXPECT_EQ(pack.labels.size(0), 0);
  }
}

/// Largest difference between the gradient and finite differences over some entries of every parameter.
void check_gradients(MaskedTokenTask& task) {
  learn::set_threads(1);  // many tiny networks: threads would only wait for each other
  task.module().to(torch::kFloat64);
  const std::vector<std::int64_t> batch = {0, 1, 2, 3, 4, 5};
  const auto loss = [&] { return task.loss(batch, {.step = 4}).total; };
  loss().backward();
  constexpr double kStep = 1e-5;
  const torch::NoGradGuard no_grad;
  for (const auto& item : task.module().named_parameters()) {
    auto values = item.value().view(-1);
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    const auto gradient = item.value().grad().reshape(-1);
    for (std::int64_t i = 0; i < values.size(0); i += std::max<std::int64_t>(1, values.size(0) / 3)) {
      const double before = values[i].item<double>();
      values[i] = before + kStep;
      const double above = loss().item<double>();
      values[i] = before - kStep;
      const double below = loss().item<double>();
      values[i] = before;
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), 1e-7) << item.key() << " " << i;
    }
  }
}

TEST(MaskedTokenTask, Gradient_TokensAlone_AsFiniteDifferences) {
  const auto molecules = small_molecules(false);
  MaskedTokenTask task(molecules, small_options());
  check_gradients(task);
}

TEST(MaskedTokenTask, Gradient_WithFingerprintOfMeanOrCls_AsFiniteDifferences) {
  const auto molecules = small_molecules(true);
  for (const auto pooling : {encoders::Pooling::kMean, encoders::Pooling::kCls}) {
    auto options = small_options();
    options.fingerprint_weight = 0.7;
    options.pooling = pooling;
    MaskedTokenTask task(molecules, options);
    check_gradients(task);
  }
}

TEST(MaskedTokenTask, Loss_FollowsFromStepAndPart_NotFromPacks) {
  const auto molecules = small_molecules(true);
  auto options = small_options();
  options.fingerprint_weight = 1;
  MaskedTokenTask task(molecules, options);
  options.pack_tokens = 4096;
  MaskedTokenTask whole(molecules, options);
  const std::vector<std::int64_t> batch = {0, 1, 2, 3, 4, 5};
  const auto loss = [&](MaskedTokenTask& of, std::int64_t step, std::int64_t part) {
    return of.loss(batch, {.step = step, .part = part}).total.item<double>();
  };
  EXPECT_EQ(loss(task, 3, 0), loss(task, 3, 0));
  EXPECT_NE(loss(task, 3, 0), loss(task, 4, 0));
  EXPECT_NE(loss(task, 3, 0), loss(task, 3, 1));
  EXPECT_NEAR(loss(task, 3, 0), loss(whole, 3, 0), 1e-5);
}

TEST(MaskedTokenTask, Loss_IsTheSumOfItsTerms) {
  const auto molecules = small_molecules(true);
  auto options = small_options();
  options.fingerprint_weight = 0.25;
  MaskedTokenTask task(molecules, options);
  const std::vector<std::int64_t> batch = {1, 4};
  const auto loss = task.loss(batch, {});
  ASSERT_EQ(loss.terms.size(), 2U);
  EXPECT_NEAR(loss.total.item<double>(), loss.terms[0].second + 0.25 * loss.terms[1].second, 1e-6);
}

/// A language in which every token is told by the one before: what is hidden can be known.
TEST(MaskedTokenTask, SomeSteps_LearnToPredictHiddenTokens) {
  learn::set_threads(1);
  TokenizedMolecules molecules;
  Rng rng(1);
  for (int i = 0; i < 64; ++i) {
    std::vector<TokenId> ids = {SmilesVocabulary::kFirst};
    const auto start = rng.below(10);
    for (std::uint64_t t = 0; t < 8; ++t)
      ids.push_back(static_cast<TokenId>(SmilesVocabulary::kOrdinary + (start + t) % 10));
    ids.push_back(SmilesVocabulary::kLast);
    molecules.sequences.add(ids);
  }
  auto options = small_options();
  options.network.hidden = 32;
  options.network.vocabulary = 15;
  options.pack_tokens = 4096;
  MaskedTokenTask task(molecules, options);
  MaskedTokenValidator validator(task, molecules);
  torch::optim::Adam optimizer(task.module().parameters(), torch::optim::AdamOptions(3e-3));
  const auto batch = all_of(molecules.sequences);
  const auto before = validator.measure();
  for (int step = 0; step < 150; ++step) {
    optimizer.zero_grad();
    task.loss(batch, {.step = step}).total.backward();
    optimizer.step();
  }
  const auto after = validator.measure();
  EXPECT_EQ(before[2].first, "masked_accuracy");
  EXPECT_LT(before[2].second, 0.4);
  EXPECT_GT(after[2].second, 0.8);
  EXPECT_LT(after[0].second, before[0].second / 2);
}

}  // namespace
}  // namespace molbridge::train
