#include "molbridge/service/pool_judge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include "molbridge/service/final_ranking.hpp"

namespace molbridge::service {
namespace {

class Judge {
 public:
  Judge(const Engine& engine, const JudgeOptions& options, retrieve::RankedRows ranked)
      : engine_(engine), options_(options), rows_(std::move(ranked.best)) {}

  JudgedList judge(std::span<const retrieve::SpectrumQuery> hypotheses) {
    look(hypotheses);
    score();
    JudgedList list;
    list.num_candidates = rows_.size();
    for (const std::size_t i : best()) list.best.push_back(candidate(i));
    return list;
  }

 private:
  const bank::MoleculeRecord& record(std::size_t i) {
    const auto [at, is_new] = records_.try_emplace(i);
    if (is_new) at->second = engine_.bank->record(rows_[i].row);
    return at->second;
  }

  /// The shortlist and whatever ties with its last: the second stage chooses among equals by a rule of its own.
  std::size_t shortlist_end() const {
    std::size_t end = std::min<std::size_t>(rows_.size(), shortlist_of(engine_, options_.shortlist));
    while (end > 0 && end < rows_.size() && rows_[end].score == rows_[end - 1].score) ++end;
    return end;
  }

  void look(std::span<const retrieve::SpectrumQuery> hypotheses) {
    verdicts_.resize(rows_.size());
    if (!engine_.reranker) {  // one stage and a prior: nothing stands behind the rest
      for (std::size_t i = 0; i < rows_.size(); ++i) verdicts_[i] = {.score = rows_[i].score, .looked_at = true};
      return;
    }
    std::vector<rerank::Candidate> pool;
    const std::size_t end = shortlist_end();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      pool.push_back({i < end ? record(i).smiles : "", rows_[i].score, rows_[i].hypothesis});
    }
    if (pool.empty()) return;
    const rerank::RerankOptions options{.shortlist = shortlist_of(engine_, options_.shortlist)};
    verdicts_ = engine_.reranker->judge(hypotheses, pool, options);
    MOLBRIDGE_CHECK(verdicts_.size() == pool.size(), std::to_string(verdicts_.size()));
  }

  void score() {
    std::vector<float> bridge;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      bridge.push_back(rows_[i].score);
      const double bonus = options_.prior ? options_.prior->bonus(rows_[i].row) : 0;
      scores_.push_back(static_cast<double>(verdicts_[i].score) + bonus);
    }
    order_ = final_order(verdicts_, scores_, bridge);
    for (float& place : order_) place = std::isnan(place) ? -1 : place;
  }

  /// The places that are shown, with their ranks in rows_.
  std::vector<std::size_t> best() {
    std::vector<std::size_t> places(rows_.size());
    std::iota(places.begin(), places.end(), 0);
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return order_[a] > order_[b]; });
    std::uint64_t rank = places.size();
    for (std::size_t i = places.size(); i-- > 0;) {
      if (i + 1 < places.size() && order_[places[i]] != order_[places[i + 1]]) rank = i + 1;
      rows_[places[i]].rank = rank;
    }
    const auto top_k = std::min(options_.top_k, places.size());
    while (places.size() > top_k && order_[places.back()] < order_[places[top_k - 1]]) places.pop_back();
    for (const std::size_t i : places) record(i);
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(order_[b], records_[a].inchikey14, rows_[a].row) <
             std::tie(order_[a], records_[b].inchikey14, rows_[b].row);
    });
    places.resize(top_k);
    return places;
  }

  JudgedCandidate candidate(std::size_t i) {
    JudgedCandidate out;
    out.ranked = {rows_[i].hypothesis, record(i), rows_[i].score, rows_[i].rank};
    out.score = scores_[i];
    if (engine_.reranker && verdicts_[i].looked_at) out.verdict = verdicts_[i];
    if (options_.prior) out.prior = options_.prior->value(rows_[i].row);
    return out;
  }

  const Engine& engine_;
  const JudgeOptions& options_;
  std::vector<retrieve::RankedRow> rows_;  // all of the pool, best of the first stage first
  std::map<std::size_t, bank::MoleculeRecord> records_;
  std::vector<rerank::Verdict> verdicts_;
  std::vector<double> scores_;
  std::vector<float> order_;
};

}  // namespace

JudgedList judge_pools(const Engine& engine, std::span<const retrieve::SpectrumQuery> hypotheses,
                       std::span<const retrieve::Pool> pools, const JudgeOptions& options) {
  constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  return Judge(engine, options, retrieve::rank_rows(*engine.bank, pools, kAll, engine.model->similarity()))
      .judge(hypotheses);
}

}  // namespace molbridge::service
