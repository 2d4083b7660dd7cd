#include "molbridge/train/text_losses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/train/test_gradients.hpp"

namespace molbridge::train {
namespace {

constexpr std::int64_t kRows = 6;

torch::Tensor doubles(std::uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn({kRows, 4}, torch::kFloat64);
}
torch::Tensor numbers(std::vector<std::int64_t> values) { return torch::tensor(values, torch::kInt64); }
torch::Tensor log_temperature(double value = 0.3) { return torch::tensor(std::log(value), torch::kFloat64); }

/// Rows 0, 1, 2 of one target, 0 and 1 with one text; 3 and 4 one molecule with two targets; 5 without a target.
PairLabels labels() { return {numbers({0, 1, 2, 3, 3, 4}), numbers({0, 0, 1, 2, 3, 4}), numbers({7, 7, 7, 8, 9, -1})}; }

/// The same labels as plain numbers, and cosines by a double loop.
struct ByHand {
  ByHand(const torch::Tensor& t, const torch::Tensor& m) {
    for (std::int64_t i = 0; i < kRows; ++i) {
      for (std::int64_t j = 0; j < kRows; ++j) {
        double product = 0, a = 0, b = 0;
        for (std::int64_t d = 0; d < t.size(1); ++d) {
          const double x = t[i][d].item<double>(), y = m[j][d].item<double>();
          product += x * y, a += x * x, b += y * y;
        }
        s[i][j] = product / std::sqrt(a * b);
      }
    }
  }
  static bool right(int i, int j) { return i == j || (i < 2 && j < 2) || (std::min(i, j) == 3 && std::max(i, j) == 4); }
  static bool hard(int i, int j) { return i < 3 && j < 3 && !right(i, j); }

  /// Mean over texts (or molecules, with `turned`) of the loss of its row.
  double loss(double alpha, Positives positives, bool turned) const {
    double sum = 0;
    for (int i = 0; i < kRows; ++i) {
      double all = 0, good = 0, logs = 0, own = 0, count = 0, strangers = 0;
      for (int j = 0; j < kRows; ++j) {
        const double e = std::exp((turned ? s[j][i] : s[i][j]) / 0.3) * (hard(i, j) ? 1 + alpha : 1);
        all += e;
        if (right(i, j)) good += e, logs += std::log(e), count += 1;
        if (i == j) own = e;
        if (!right(i, j) || i == j) strangers += e;
      }
      if (positives == Positives::kMean) sum += std::log(all) - logs / count;
      if (positives == Positives::kSum) sum += std::log(all / good);
      if (positives == Positives::kOwn) sum += std::log(strangers / own);
    }
    return sum / kRows;
  }
  double s[kRows][kRows];
};

TEST(WeightedInfoNce, MatchesADoubleLoop) {
  const torch::Tensor t = doubles(1), m = doubles(2);
  const ByHand by_hand(t, m);
  for (const auto positives : {Positives::kMean, Positives::kSum, Positives::kOwn}) {
    for (const double alpha : {0.0, 2.0}) {
      const double expected = 0.5 * (by_hand.loss(alpha, positives, false) + by_hand.loss(alpha, positives, true));
      const double found = weighted_info_nce(t, m, log_temperature(), labels(), alpha, positives).item<double>();
      EXPECT_NEAR(found, expected, 1e-10) << name(positives) << " alpha " << alpha;
    }
  }
}

TEST(WeightedInfoNce, Gradient_MatchesFiniteDifferences) {
  for (const auto positives : {Positives::kMean, Positives::kSum, Positives::kOwn}) {
    expect_gradients({doubles(1), doubles(2), log_temperature()},
                     [&](const auto& x) { return weighted_info_nce(x[0], x[1], x[2], labels(), 1.5, positives); });
  }
}

TEST(WeightedInfoNce, RowWeights_AreThoseOfAMean) {
  const torch::Tensor t = doubles(1), m = doubles(2);
  const auto loss = [&](const torch::Tensor& weights) {
    return weighted_info_nce(t, m, log_temperature(), labels(), 1, Positives::kMean, weights).item<double>();
  };
  double sum = 0;
  for (std::int64_t i = 0; i < kRows; ++i) {
    torch::Tensor one = torch::zeros({kRows}, torch::kFloat64);
    one[i] = 3;
    sum += loss(one);
  }
  EXPECT_NEAR(sum / kRows, loss({}), 1e-10);
}

TEST(WeightedInfoNce, SameTargetWeight_RaisesTheLossOnlyWhereThereAreSameTargetRows) {
  const torch::Tensor t = doubles(1), m = doubles(2);
  const auto loss = [&](const PairLabels& who, double alpha) {
    return weighted_info_nce(t, m, log_temperature(), who, alpha, Positives::kMean).item<double>();
  };
  EXPECT_GT(loss(labels(), 3), loss(labels(), 0));
  PairLabels alone = labels();
  alone.target = numbers({-1, -1, -1, -1, -1, -1});
  EXPECT_DOUBLE_EQ(loss(alone, 3), loss(alone, 0)) << "what has no target shares it with nobody";
}

TEST(SameTargetMargin, MatchesADoubleLoop) {
  const torch::Tensor t = doubles(1), m = doubles(2);
  const ByHand by_hand(t, m);
  double sum = 0;
  int count = 0;
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kRows; ++j) {
      if (!ByHand::hard(i, j)) continue;
      sum += std::max(0.0, 0.4 - by_hand.s[i][i] + by_hand.s[i][j]);
      ++count;
    }
  }
  ASSERT_EQ(count, 4);
  EXPECT_NEAR(same_target_margin(t, m, labels(), 0.4).item<double>(), sum / count, 1e-12);
}

TEST(SameTargetMargin, Gradient_MatchesFiniteDifferences) {
  expect_gradients({doubles(1), doubles(2)},
                   [](const auto& x) { return same_target_margin(x[0], x[1], labels(), 0.8); });
}

TEST(SameTargetMargin, WithoutSameTargetRows_IsZero) {
  PairLabels alone = labels();
  alone.target = numbers({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(same_target_margin(doubles(1), doubles(2), alone, 0.4).item<double>(), 0);
}

TEST(Positives, UnknownName_ListsTheKnown) { EXPECT_THROW(parse_positives("all"), Error); }

}  // namespace
}  // namespace molbridge::train
