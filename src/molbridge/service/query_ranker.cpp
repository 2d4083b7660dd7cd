#include "molbridge/service/query_ranker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"
#include "molbridge/service/final_ranking.hpp"

namespace molbridge::service {
namespace {

/// A score that is no number counts against us: another candidate with it is on top, the truth is not.
float against_us(float score, bool truth) {
  const float infinity = std::numeric_limits<float>::infinity();
  return std::isnan(score) ? (truth ? -infinity : infinity) : score;
}

std::vector<std::size_t> rivals_on_top(const PoolScores& scores) {
  const float truth = against_us(scores.truth, true);
  float best = truth;
  for (const float score : scores.others) best = std::max(best, against_us(score, false));
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < scores.others.size(); ++i) {
    if (against_us(scores.others[i], false) == best) out.push_back(i);
  }
  return out;
}

/// A pool with what is read of it once, for all queries that share it.
struct SharedPool {
  std::unique_ptr<CandidatePool> pool;
  std::vector<PoolMolecule> others;          // with a second stage
  std::shared_ptr<const PoolSample> sample;  // with MCES
};

class Ranker {
 public:
  Ranker(const EvaluationSetup& setup, const EvaluateOptions& options)
      : setup_(setup), options_(options), released_(is_released(options)) {}

  RankedQueries run(Progress& progress) {
    const std::vector<std::size_t> order = start_rows();
    const std::size_t width = setup_.engine.model->width();
    progress.start("ranking", order.size(), "queries");
    for (std::size_t begin = 0; begin < order.size(); begin += kBlock) {
      const auto block = std::span(order).subspan(begin, std::min(kBlock, order.size() - begin));
      const std::vector<float> vectors = embed_queries(setup_, block, options_.threads);
      std::vector<std::shared_ptr<const SharedPool>> pools;
      for (const std::size_t index : block) pools.push_back(pool_of(setup_.set.queries[index]));
      parallel_for(block.size(), options_.threads, 1, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
          check_interrupt();
          rank(block[i], *pools[i], std::span(vectors).subspan(i * width, width));
        }
      });
      progress.advance(begin + block.size());
    }
    progress.finish();
    return std::move(out_);
  }

 private:
  /// Spectra embedded together: a whole number of released batches.
  static constexpr std::size_t kBlock = 2 * retrieve::kSpecbridgeBatch;

  /// A row for every query; returns those that can be answered, in the order in which they are to be.
  std::vector<std::size_t> start_rows() {
    const auto& queries = setup_.set.queries;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const EvaluationCompound& compound = setup_.set.compounds[queries[i].compound];
      QueryResultRow row;
      row.query_id = queries[i].spectrum.id;
      row.inchikey14 = compound.inchikey14;
      row.skip_reason = skip_reason(setup_, queries[i]);
      row.outcome.compound = queries[i].compound;
      row.outcome.novelty = compound.novelty;
      row.merged_from = queries[i].merged_from;
      if (row.skip_reason.empty()) order.push_back(i);
      out_.rows.push_back(std::move(row));
    }
    out_.contests.resize(queries.size());
    if (released_) return order;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(queries[a].compound, queries[a].list_key) < std::tie(queries[b].compound, queries[b].list_key);
    });
    return order;
  }

  void rank(std::size_t index, const SharedPool& shared, std::span<const float> vector) {
    PoolScores scores = shared.pool->scores(vector);
    std::vector<rerank::Verdict> verdicts;
    if (setup_.engine.reranker) verdicts = judge(setup_.set.queries[index], shared, scores);
    QueryResultRow& row = out_.rows[index];
    row.outcome.rank = eval::pessimistic_rank(scores.truth, scores.others);
    row.outcome.pool_size = shared.pool->size();
    row.truth_added = shared.pool->truth_added();
    row.truth_score = verdicts.empty() ? scores.truth : verdicts.back().score;
    describe_top(shared, scores, verdicts, row, out_.contests[index]);
  }

  std::shared_ptr<const SharedPool> pool_of(const EvaluationQuery& query) {
    if (!released_ && pool_ != nullptr && pool_compound_ == query.compound && pool_list_ == query.list_key)
      return pool_;
    auto shared = std::make_shared<SharedPool>();
    shared->pool = setup_.pools->pool_of(setup_.set.compounds[query.compound], query);
    if (setup_.engine.reranker) shared->others = shared->pool->others();
    if (options_.mces) shared->sample = draw_sample(*shared->pool);
    pool_compound_ = query.compound;
    pool_list_ = query.list_key;
    return pool_ = std::move(shared);
  }

  std::shared_ptr<const PoolSample> draw_sample(const CandidatePool& pool) const {
    auto sample = std::make_shared<PoolSample>();
    sample->truth = pool.truth().smiles;
    sample->share_of_others = 1 - 1.0 / static_cast<double>(pool.size());
    // Another seed than the cap's, which has already sorted the pool.
    for (const std::size_t i : sample_others(pool, options_.mces_random + 1, options_.seed + 1))
      sample->others.push_back(pool.other(i).smiles);
    return sample;
  }

  /// Empty, and nothing done, for a query that the second stage cannot read; else verdicts on the others and, last so that no tie at the end of the shortlist favours it, the truth; `scores` become the final order.
  std::vector<rerank::Verdict> judge(const EvaluationQuery& query, const SharedPool& shared, PoolScores& scores) const {
    const auto hypothesis = judged_query(setup_, query);
    if (!hypothesis) return {};
    std::vector<rerank::Candidate> pool;
    for (std::size_t i = 0; i < shared.others.size(); ++i) {
      pool.push_back({shared.others[i].smiles, scores.others[i], 0});
    }
    pool.push_back({shared.pool->truth().smiles, scores.truth, 0});
    const rerank::RerankOptions options{.shortlist = shortlist_of(setup_.engine, options_.shortlist)};
    std::vector<rerank::Verdict> verdicts = setup_.engine.reranker->judge(std::span(&*hypothesis, 1), pool, options);
    std::vector<float> bridge = scores.others;
    bridge.push_back(scores.truth);
    std::vector<double> finals;
    for (const rerank::Verdict& verdict : verdicts) finals.push_back(verdict.score);
    scores.others = final_order(verdicts, finals, bridge);
    scores.truth = scores.others.back();
    scores.others.pop_back();
    return verdicts;
  }

  /// Verdicts are those of judge(), or none.
  static void describe_top(const SharedPool& shared, const PoolScores& scores,
                           const std::vector<rerank::Verdict>& verdicts, QueryResultRow& row, Contest& contest) {
    const CandidatePool& pool = *shared.pool;
    const std::vector<std::size_t> rivals = rivals_on_top(scores);
    const bool truth_on_top =
        rivals.empty() || against_us(scores.others[rivals.front()], false) == against_us(scores.truth, true);
    row.tied_on_top = rivals.size() + (truth_on_top ? 1 : 0);
    std::vector<std::pair<PoolMolecule, std::size_t>> named;
    for (const std::size_t i : rivals) named.emplace_back(pool.other(i), i);
    std::sort(named.begin(), named.end(), [](const auto& a, const auto& b) {
      return std::tie(a.first.inchikey14, a.first.smiles) < std::tie(b.first.inchikey14, b.first.smiles);
    });
    contest.truth = pool.truth().smiles;
    contest.cut = named.size() > kMostTied;
    if (contest.cut) named.resize(kMostTied);
    for (const auto& [molecule, index] : named) contest.rivals.push_back(molecule);
    contest.sample = shared.sample;
    row.top = named.empty() ? pool.truth() : named.front().first;
    row.top_score = named.empty() ? scores.truth : scores.others[named.front().second];
    if (verdicts.empty()) return;
    const rerank::Verdict& top = named.empty() ? verdicts.back() : verdicts[named.front().second];
    row.top_score = top.score;
    row.probability = top.probability;
    row.probability_close = top.probability_close;
    row.truth_probability = verdicts.back().probability;
  }

  const EvaluationSetup& setup_;
  const EvaluateOptions& options_;
  bool released_;
  RankedQueries out_;
  std::shared_ptr<const SharedPool> pool_;  // of the query before
  std::size_t pool_compound_ = 0;
  std::string pool_list_;
};

}  // namespace

RankedQueries rank_queries(const EvaluationSetup& setup, const EvaluateOptions& options, Progress& progress) {
  return Ranker(setup, options).run(progress);
}

}  // namespace molbridge::service
