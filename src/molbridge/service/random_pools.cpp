#include "molbridge/service/random_pools.hpp"

#include <string_view>
#include <utility>

#include "molbridge/core/rng.hpp"

namespace molbridge::service {
namespace {

class RandomPool final : public CandidatePool {
 public:
  explicit RandomPool(std::unique_ptr<CandidatePool> pool) : pool_(std::move(pool)) {}

  std::uint64_t size() const override { return pool_->size(); }
  bool truth_added() const override { return pool_->truth_added(); }

  PoolScores scores(std::span<const float> query) const override {
    Rng rng(0, {reinterpret_cast<const char*>(query.data()), query.size_bytes()});
    PoolScores out{static_cast<float>(rng.uniform()), std::vector<float>(size() - 1)};
    for (float& score : out.others) score = static_cast<float>(rng.uniform());
    return out;
  }

  PoolMolecule truth() const override { return pool_->truth(); }
  PoolMolecule other(std::size_t index) const override { return pool_->other(index); }
  std::vector<PoolMolecule> others() const override { return pool_->others(); }
  std::vector<float> truth_embedding() const override { return pool_->truth_embedding(); }
  std::vector<float> other_embedding(std::size_t index) const override { return pool_->other_embedding(index); }
  void keep(std::span<const std::size_t> others) override { pool_->keep(others); }

 private:
  std::unique_ptr<CandidatePool> pool_;
};

class RandomPools final : public PoolSource {
 public:
  explicit RandomPools(std::unique_ptr<PoolSource> source) : source_(std::move(source)) {}

  bool has_pool(const EvaluationQuery& query) const override { return source_->has_pool(query); }
  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound,
                                         const EvaluationQuery& query) const override {
    return std::make_unique<RandomPool>(source_->pool_of(compound, query));
  }

 private:
  std::unique_ptr<PoolSource> source_;
};

}  // namespace

std::unique_ptr<PoolSource> make_random_pools(std::unique_ptr<PoolSource> source) {
  return std::make_unique<RandomPools>(std::move(source));
}

}  // namespace molbridge::service
