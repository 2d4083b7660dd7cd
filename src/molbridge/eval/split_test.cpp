#include "molbridge/eval/split.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/rng.hpp"

namespace molbridge::eval {
namespace {

constexpr std::array<double, 3> kShares{0.8, 0.1, 0.1};

/// 500 items in groups of 1 to 12.
std::vector<std::size_t> some_groups() {
  Rng rng(3);
  std::vector<std::size_t> groups;
  for (std::size_t group = 0; groups.size() < 500; ++group) groups.insert(groups.end(), 1 + rng.below(12), group);
  rng.shuffle(std::span(groups));
  return groups;
}

TEST(AssignFolds, Groups_AreNeverParted_AndSharesAreMet) {
  const auto groups = some_groups();
  const auto folds = assign_folds(groups, kShares, 1);
  std::map<std::size_t, std::set<int>> folds_of_group;
  std::map<int, double> sizes;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    folds_of_group[groups[k]].insert(folds[k]);
    ++sizes[folds[k]];
  }
  for (const auto& [group, seen] : folds_of_group) EXPECT_EQ(seen.size(), 1u) << group;
  const auto all = static_cast<double>(groups.size());
  for (int fold = 0; fold < 3; ++fold)
    EXPECT_NEAR(sizes[fold] / all, kShares[static_cast<std::size_t>(fold)], 0.02) << fold;
}

TEST(AssignFolds, Seed_DecidesAndRepeats) {
  const auto groups = some_groups();
  EXPECT_EQ(assign_folds(groups, kShares, 1), assign_folds(groups, kShares, 1));
  EXPECT_NE(assign_folds(groups, kShares, 1), assign_folds(groups, kShares, 2));
}

TEST(AssignFolds, OneGiantGroup_GoesToTheLargestFold) {
  std::vector<std::size_t> groups(90, 0);
  for (std::size_t k = 1; k <= 10; ++k) groups.push_back(k);
  const auto folds = assign_folds(groups, kShares, 5);
  for (std::size_t k = 0; k < 90; ++k) EXPECT_EQ(folds[k], 0);
  EXPECT_EQ(std::count(folds.begin(), folds.end(), 1) + std::count(folds.begin(), folds.end(), 2), 10);
}

TEST(AssignFolds, SharesThatDoNotSumToOne_Refused) {
  const std::vector<std::size_t> groups{0, 1};
  const std::array<double, 2> low{0.5, 0.4};
  const std::array<double, 2> negative{1.5, -0.5};
  EXPECT_THROW((void)assign_folds(groups, low, 1), Error);
  EXPECT_THROW((void)assign_folds(groups, negative, 1), Error);
}

TEST(GroupByKey, NumbersInOrderOfAppearance) {
  const std::vector<std::string> keys{"b", "a", "b", "c", "a"};
  EXPECT_EQ(group_by_key(keys), (std::vector<std::size_t>{0, 1, 0, 2, 1}));
}

TEST(FindShared, CountsKeysOnce_AndNamesTheFirst) {
  const std::vector<std::string> keys{"x", "y", "z", "y", "y", "z", "x"};
  const std::vector<int> folds{0, 0, 0, 1, 2, 1, 0};
  const SharedKeys shared = find_shared(keys, folds);
  EXPECT_EQ(shared.count, 2u);  // y, z
  EXPECT_EQ(shared.first, 1u);
  EXPECT_EQ(shared.second, 3u);
  EXPECT_EQ(find_shared(keys, std::vector<int>(7, 4)).count, 0u);
}

TEST(ParseSplitBy, Unknown_NamesTheNearest) {
  EXPECT_EQ(parse_split_by("murcko-histogram"), SplitBy::kMurckoHistogram);
  try {
    (void)parse_split_by("scafold");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("scaffold"), std::string::npos);
  }
}

/// A histogram of `rings` rings of one kind.
chem::MurckoHistogram rings(int kind, int count) { return {{{kind, 0}, count}}; }

TEST(MurckoFolds, WalksFromTheMiddleGroupToTheLargest_AlikeGroupsStayInTraining) {
  std::vector<chem::MurckoHistogram> histograms;
  const auto add = [&](const chem::MurckoHistogram& histogram, int times) {
    histograms.insert(histograms.end(), static_cast<std::size_t>(times), histogram);
  };
  add(rings(0, 1), 50);  // largest: 50 molecules
  add(rings(1, 5), 12);  // held out, unless alike to what is
  add(rings(1, 4), 6);   // the middle group: first to be held out; at distance 1 from the group above
  add(rings(2, 1), 4);
  add(rings(3, 1), 3);
  const std::array<double, 2> shares{0.9, 0.1};
  const auto folds = assign_murcko_folds(histograms, shares);
  const auto fold_of = [&](const chem::MurckoHistogram& histogram) {
    return folds[static_cast<std::size_t>(std::find(histograms.begin(), histograms.end(), histogram) -
                                          histograms.begin())];
  };
  EXPECT_EQ(fold_of(rings(1, 4)), 1);
  EXPECT_EQ(fold_of(rings(1, 5)), 0);  // alike
  EXPECT_EQ(fold_of(rings(0, 1)), 1);  // the share is not reached yet: 6 of 75 so far
  EXPECT_EQ(fold_of(rings(2, 1)), 0);  // smaller than the middle one
  EXPECT_EQ(fold_of(rings(3, 1)), 0);
  std::map<chem::MurckoHistogram, std::set<int>> seen;
  for (std::size_t k = 0; k < folds.size(); ++k) seen[histograms[k]].insert(folds[k]);
  for (const auto& [histogram, used] : seen) EXPECT_EQ(used.size(), 1u);
}

TEST(MurckoFolds, HeldOutShareOfZero_NothingHeldOut) {
  const std::vector<chem::MurckoHistogram> histograms{rings(0, 1), rings(1, 1), rings(2, 1)};
  const std::array<double, 2> shares{1, 0};
  EXPECT_EQ(assign_murcko_folds(histograms, shares), (std::vector<int>{0, 0, 0}));
}

}  // namespace
}  // namespace molbridge::eval
