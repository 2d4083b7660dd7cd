#include "molbridge/service/query_ranker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"

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
      for (std::size_t i = 0; i < block.size(); ++i) {
        check_interrupt();
        rank(block[i], std::span(vectors).subspan(i * width, width));
        progress.advance(begin + i + 1);
      }
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

  void rank(std::size_t index, std::span<const float> vector) {
    fetch_pool(setup_.set.queries[index]);
    const PoolScores scores = pool_->scores(vector);
    QueryResultRow& row = out_.rows[index];
    row.outcome.rank = eval::pessimistic_rank(scores.truth, scores.others);
    row.outcome.pool_size = pool_->size();
    row.truth_added = pool_->truth_added();
    row.truth_score = scores.truth;
    describe_top(scores, row, out_.contests[index]);
  }

  void fetch_pool(const EvaluationQuery& query) {
    if (!released_ && pool_ != nullptr && pool_compound_ == query.compound && pool_list_ == query.list_key) return;
    pool_ = setup_.pools->pool_of(setup_.set.compounds[query.compound], query);
    pool_compound_ = query.compound;
    pool_list_ = query.list_key;
    sample_ = options_.mces ? draw_sample() : nullptr;
  }

  std::shared_ptr<const PoolSample> draw_sample() const {
    auto sample = std::make_shared<PoolSample>();
    sample->truth = pool_->truth().smiles;
    sample->share_of_others = 1 - 1.0 / static_cast<double>(pool_->size());
    // Another seed than the cap's, which has already sorted the pool.
    for (const std::size_t i : sample_others(*pool_, options_.mces_random + 1, options_.seed + 1))
      sample->others.push_back(pool_->other(i).smiles);
    return sample;
  }

  void describe_top(const PoolScores& scores, QueryResultRow& row, Contest& contest) const {
    const std::vector<std::size_t> rivals = rivals_on_top(scores);
    const bool truth_on_top =
        rivals.empty() || against_us(scores.others[rivals.front()], false) == against_us(scores.truth, true);
    row.tied_on_top = rivals.size() + (truth_on_top ? 1 : 0);
    row.top_score = rivals.empty() ? scores.truth : scores.others[rivals.front()];
    const PoolMolecule truth = pool_->truth();
    contest.truth = truth.smiles;
    for (const std::size_t i : rivals) contest.rivals.push_back(pool_->other(i));
    std::sort(contest.rivals.begin(), contest.rivals.end(), [](const PoolMolecule& a, const PoolMolecule& b) {
      return std::tie(a.inchikey14, a.smiles) < std::tie(b.inchikey14, b.smiles);
    });
    contest.cut = contest.rivals.size() > kMostTied;
    if (contest.cut) contest.rivals.resize(kMostTied);
    row.top = contest.rivals.empty() ? truth : contest.rivals.front();
    contest.sample = sample_;
  }

  const EvaluationSetup& setup_;
  const EvaluateOptions& options_;
  bool released_;
  RankedQueries out_;
  std::unique_ptr<CandidatePool> pool_;
  std::size_t pool_compound_ = 0;
  std::string pool_list_;
  std::shared_ptr<const PoolSample> sample_;
};

}  // namespace

RankedQueries rank_queries(const EvaluationSetup& setup, const EvaluateOptions& options, Progress& progress) {
  return Ranker(setup, options).run(progress);
}

}  // namespace molbridge::service
