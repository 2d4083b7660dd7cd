#include "molbridge/train/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "molbridge/core/error.hpp"

namespace molbridge::train {
namespace {

/// Examples 0..n-1, of groups of the given sizes one after the other.
class GroupedTask : public Task {
 public:
  explicit GroupedTask(const std::vector<int>& sizes) {
    for (std::size_t g = 0; g < sizes.size(); ++g) group_.insert(group_.end(), static_cast<std::size_t>(sizes[g]), g);
  }
  torch::nn::Module& module() override { return *module_; }
  std::int64_t num_examples() const override { return static_cast<std::int64_t>(group_.size()); }
  std::int64_t group_of(std::int64_t example) const override {
    return static_cast<std::int64_t>(group_[static_cast<std::size_t>(example)]);
  }
  StepLoss loss(std::span<const std::int64_t>, const StepContext&) override { return {}; }

 private:
  std::vector<std::size_t> group_;
  torch::nn::Linear module_{1, 1};
};

std::map<std::int64_t, int> picks_by_group(const GroupedTask& task, const Batches& batches) {
  std::map<std::int64_t, int> picks;
  for (const auto& batch : batches) {
    for (const std::int64_t example : batch) ++picks[task.group_of(example)];
  }
  return picks;
}

TEST(Sampler, Shuffle_GivesEveryExampleOnceInAnotherOrderEachEpoch) {
  const GroupedTask task({3, 1, 6});
  const Sampler sampler(task, {.batch_size = 4});
  std::vector<std::vector<std::int64_t>> orders;
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::int64_t> order;
    for (const auto& batch : sampler.epoch(epoch)) order.insert(order.end(), batch.begin(), batch.end());
    orders.push_back(order);
    std::sort(order.begin(), order.end());
    for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_EQ(sampler.epoch(1), Sampler(task, {.batch_size = 4}).epoch(1));
}

TEST(Sampler, Balanced_TakesAtMostSoManyOfAGroupAndOthersInOtherEpochs) {
  const GroupedTask task({20, 1, 3});
  const Sampler sampler(task, {.kind = SamplerKind::kBalanced, .batch_size = 4, .per_group = 2});
  std::set<std::int64_t> of_the_large_group;
  for (int epoch = 0; epoch < 200; ++epoch) {
    const Batches batches = sampler.epoch(epoch);
    const auto picks = picks_by_group(task, batches);
    EXPECT_EQ(picks, (std::map<std::int64_t, int>{{0, 2}, {1, 1}, {2, 2}}));
    for (const auto& batch : batches) {
      for (const auto example : batch) {
        if (example < 20) of_the_large_group.insert(example);
      }
    }
  }
  EXPECT_EQ(of_the_large_group.size(), 20U) << "every spectrum gets its turn";
}

TEST(Sampler, Unique_NeverHasAGroupTwiceInABatch) {
  const GroupedTask task({9, 4, 2, 7, 1, 1});
  const Sampler sampler(task, {.kind = SamplerKind::kUnique, .batch_size = 4, .per_group = 3});
  const std::size_t batches_per_epoch = sampler.epoch(0).size();
  for (int epoch = 0; epoch < 20; ++epoch) {
    const Batches batches = sampler.epoch(epoch);
    EXPECT_EQ(batches.size(), batches_per_epoch) << "the schedule counts on it";
    for (const auto& batch : batches) {
      std::set<std::int64_t> groups;
      for (const auto example : batch) EXPECT_TRUE(groups.insert(task.group_of(example)).second);
    }
    EXPECT_EQ(picks_by_group(task, batches),
              (std::map<std::int64_t, int>{{0, 3}, {1, 3}, {2, 2}, {3, 3}, {4, 1}, {5, 1}}));
  }
}

TEST(Sampler, DropLast_LeavesOutOnlyAnIncompleteBatch) {
  const GroupedTask task({10});
  EXPECT_EQ(Sampler(task, {.batch_size = 4}).epoch(0).size(), 3U);
  EXPECT_EQ(Sampler(task, {.batch_size = 4, .drop_last = true}).epoch(0).size(), 2U);
  EXPECT_EQ(Sampler(task, {.batch_size = 64, .drop_last = true}).epoch(0).size(), 1U) << "never nothing at all";
}

TEST(Sampler, UnknownName_IsRefusedWithTheList) {
  EXPECT_THROW(parse_sampler("balance"), Error);
  EXPECT_EQ(parse_sampler("unique"), SamplerKind::kUnique);
}

TEST(Sampler, Grouped_TakesEveryExampleOnceAndKeepsLotsOfAGroupTogether) {
  GroupedTask task({7, 1, 1, 1, 4, 2});
  const Sampler sampler(task, {.kind = SamplerKind::kGrouped, .batch_size = 100, .per_group = 4, .seed = 3});
  const Batches batches = sampler.epoch(0);
  ASSERT_EQ(batches.size(), 1U);
  std::map<std::int64_t, int> runs;  // stretches of one group
  std::int64_t last = -1;
  for (const std::int64_t example : batches[0]) {
    if (task.group_of(example) != last) ++runs[last = task.group_of(example)];
  }
  EXPECT_EQ(std::set<std::int64_t>(batches[0].begin(), batches[0].end()).size(), 16U);
  EXPECT_LE(runs[0], 2) << "7 examples are two lots";
  EXPECT_EQ(runs[4], 1);
  EXPECT_EQ(batches, sampler.epoch(0));
  EXPECT_NE(batches, sampler.epoch(1));
}

}  // namespace
}  // namespace molbridge::train
