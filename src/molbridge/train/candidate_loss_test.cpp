// The loss of the truth among candidates that are lists of bits.
#include <gtest/gtest.h>

#include <cmath>

#include "molbridge/learn/bit_scores.hpp"
#include "molbridge/train/losses.hpp"
#include "molbridge/train/test_gradients.hpp"

namespace molbridge::train {
namespace {

torch::Tensor doubles(std::vector<std::int64_t> shape, std::uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kFloat64);
}

/// Random bits as a dense tensor [lists, width]; list `empty` has none.
torch::Tensor random_bits(std::int64_t lists, std::int64_t width, std::int64_t empty) {
  torch::Tensor bits = (doubles({lists, width}, 11) > 0.2).to(torch::kFloat64);
  bits[empty].zero_();
  return bits;
}

learn::BitLists lists_of(const torch::Tensor& bits) {
  learn::BitLists lists;
  for (std::int64_t i = 0; i < bits.size(0); ++i) {
    std::vector<std::int32_t> list;
    for (std::int64_t d = 0; d < bits.size(1); ++d) {
      if (bits[i][d].item<double>() != 0) list.push_back(static_cast<std::int32_t>(d));
    }
    lists.add(list);
  }
  return lists;
}

TEST(BitScores, EqualTheCosineTimesTheLengthOfTheQuery) {
  const torch::Tensor z = doubles({3, 17}, 1), bits = random_bits(12, 17, 5);
  const torch::Tensor unit = normalized(bits).view({3, 4, 17});
  const torch::Tensor expected = unit.matmul(z.unsqueeze(2)).squeeze(2);
  EXPECT_LT((learn::bit_scores(z, lists_of(bits)) - expected).abs().max().item<double>(), 1e-12);
  const torch::Tensor narrow = learn::bit_scores(z.to(torch::kFloat32), lists_of(bits));
  EXPECT_EQ(narrow.scalar_type(), torch::kFloat32);
  EXPECT_LT((narrow - expected).abs().max().item<double>(), 1e-5);
}

TEST(BitScores, Gradient_MatchesFiniteDifferences) {
  const learn::BitLists lists = lists_of(random_bits(12, 9, 5));
  const torch::Tensor weight = doubles({3, 4}, 3);
  expect_gradients({doubles({3, 9}, 2)},
                   [&](const auto& x) { return (learn::bit_scores(x[0], lists) * weight).sum(); });
}

TEST(BitScores, ListsThatDoNotFit_AreADefect) {
  learn::BitLists lists;
  lists.add({0, 3});
  EXPECT_THROW(learn::bit_scores(torch::zeros({1, 3}), lists), Error) << "bit 3 of 3";
  EXPECT_THROW(learn::bit_scores(torch::zeros({2, 4}), lists), Error) << "one list, two queries";
  EXPECT_NO_THROW(learn::bit_scores(torch::zeros({1, 4}), lists));
}

TEST(FirstOfScores, Gradient_MatchesFiniteDifferences) {
  const learn::BitLists lists = lists_of(random_bits(12, 9, 5));
  const torch::Tensor present = torch::tensor({{true, true, true}, {false, true, true}, {false, false, false}});
  const torch::Tensor weights = torch::tensor({0.5, 1.0, 1.5}, torch::kFloat64);
  expect_gradients({doubles({3, 9}, 2), torch::tensor(std::log(0.7), torch::kFloat64)}, [&](const auto& x) {
    return first_of_scores(learn::bit_scores(x[0], lists), present, weights, x[1]);
  });
}

TEST(FirstOfScores, PlacesThatHoldNone_DoNotCount) {
  const torch::Tensor scores = torch::tensor({{1.0, 3.0, 50.0}, {2.0, 70.0, 60.0}}, torch::kFloat64);
  const torch::Tensor present = torch::tensor({{true, false}, {false, false}});
  const torch::Tensor weights = torch::tensor({2.0, 9.0}, torch::kFloat64);
  const double expected = 2 * std::log(1 + std::exp((3.0 - 1.0) / 0.5));
  const double got =
      first_of_scores(scores, present, weights, torch::tensor(std::log(0.5), torch::kFloat64)).item<double>();
  EXPECT_NEAR(got, expected, 1e-9) << "a spectrum without candidates teaches nothing";
}

}  // namespace
}  // namespace molbridge::train
