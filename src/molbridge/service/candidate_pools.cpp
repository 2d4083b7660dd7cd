#include "molbridge/service/candidate_pools.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "molbridge/core/rng.hpp"
#include "molbridge/eval/ranking.hpp"

namespace molbridge::service {
namespace {

class CappedPools : public PoolSource {
 public:
  CappedPools(std::unique_ptr<PoolSource> source, std::uint64_t most, std::uint64_t seed)
      : source_(std::move(source)), most_(most), seed_(seed) {}

  bool has_pool(const EvaluationQuery& query) const override { return source_->has_pool(query); }

  std::unique_ptr<CandidatePool> pool_of(const EvaluationCompound& compound,
                                         const EvaluationQuery& query) const override {
    auto pool = source_->pool_of(compound, query);
    if (pool->size() > most_) pool->keep(sample_others(*pool, most_, seed_));
    return pool;
  }

 private:
  std::unique_ptr<PoolSource> source_;
  std::uint64_t most_;
  std::uint64_t seed_;
};

}  // namespace

std::uint64_t CandidatePool::rank_of_truth(std::span<const float> query) const {
  const PoolScores found = scores(query);
  return eval::pessimistic_rank(found.truth, found.others);
}

std::vector<PoolMolecule> CandidatePool::others() const {
  std::vector<PoolMolecule> out;
  for (std::size_t i = 0; i + 1 < size(); ++i) out.push_back(other(i));
  return out;
}

std::vector<std::size_t> sample_others(const CandidatePool& pool, std::uint64_t most, std::uint64_t seed) {
  MOLBRIDGE_CHECK(most >= 1, "a pool holds the truth at least");
  const auto count = static_cast<std::size_t>(std::min(most, pool.size()) - 1);
  std::vector<std::size_t> order(pool.size() - 1);
  std::iota(order.begin(), order.end(), 0);
  if (count == order.size()) return order;
  const std::string truth = pool.truth().inchikey14;
  const std::vector<PoolMolecule> others = pool.others();
  std::vector<std::pair<std::uint64_t, std::string>> keys;
  for (const PoolMolecule& other : others) {
    const std::string& name = other.inchikey14.empty() ? other.smiles : other.inchikey14;
    keys.emplace_back(Rng(seed, truth + " " + name).next(), name);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

std::unique_ptr<PoolSource> make_capped_pools(std::unique_ptr<PoolSource> source, std::uint64_t most,
                                              std::uint64_t seed) {
  return std::make_unique<CappedPools>(std::move(source), most, seed);
}

}  // namespace molbridge::service
