#include "molbridge/service/random_pools.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "molbridge/core/rng.hpp"

namespace molbridge::service {
namespace {

/// Molecules that all tie.
class EqualPool : public CandidatePool {
 public:
  explicit EqualPool(std::size_t size) : others_(size - 1) {}
  std::uint64_t size() const override { return others_ + 1; }
  bool truth_added() const override { return true; }
  PoolScores scores(std::span<const float>) const override { return {1, std::vector<float>(others_, 1)}; }
  PoolMolecule truth() const override { return {"C", "TRUTH"}; }
  PoolMolecule other(std::size_t index) const override { return {"CC", std::to_string(index)}; }
  std::vector<float> truth_embedding() const override { return {}; }
  std::vector<float> other_embedding(std::size_t) const override { return {}; }
  void keep(std::span<const std::size_t> others) override { others_ = others.size(); }

 private:
  std::size_t others_;
};

class EqualPools : public PoolSource {
 public:
  explicit EqualPools(std::size_t size) : size_(size) {}
  bool has_pool(const EvaluationQuery&) const override { return false; }
  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound&, const EvaluationQuery&) const override {
    return std::make_unique<EqualPool>(size_);
  }

 private:
  std::size_t size_;
};

std::vector<float> query_of(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> query(8);
  for (float& value : query) value = static_cast<float>(rng.normal());
  return query;
}

TEST(RandomPools, RanksOfTheTruth_AreUniform) {
  constexpr std::size_t kSize = 10, kQueries = 20000;
  const auto pool = make_random_pools(std::make_unique<EqualPools>(kSize))->pool_of({}, {});
  std::vector<int> counts(kSize);
  for (std::uint64_t i = 0; i < kQueries; ++i) ++counts[pool->rank_of_truth(query_of(i)) - 1];
  const double expected = static_cast<double>(kQueries) / kSize;
  for (const int count : counts) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected));
}

TEST(RandomPools, SameQuery_GivesTheSameScores) {
  const auto pool = make_random_pools(std::make_unique<EqualPools>(50))->pool_of({}, {});
  const PoolScores first = pool->scores(query_of(1)), again = pool->scores(query_of(1)),
                   other = pool->scores(query_of(2));
  EXPECT_EQ(first.truth, again.truth);
  EXPECT_EQ(first.others, again.others);
  EXPECT_NE(first.others, other.others);
}

TEST(RandomPools, EverythingElse_IsThatOfTheSource) {
  const auto source = make_random_pools(std::make_unique<EqualPools>(5));
  EXPECT_FALSE(source->has_pool({}));
  const auto pool = source->pool_of({}, {});
  EXPECT_EQ(pool->size(), 5u);
  EXPECT_TRUE(pool->truth_added());
  EXPECT_EQ(pool->truth().inchikey14, "TRUTH");
  EXPECT_EQ(pool->other(3).inchikey14, "3");
  const std::size_t kept[] = {0, 2};
  pool->keep(kept);
  EXPECT_EQ(pool->size(), 3u);
}

}  // namespace
}  // namespace molbridge::service
