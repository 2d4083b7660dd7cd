#include <array>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/eval/capped_pool.hpp"
#include "molbridge/eval/paired.hpp"
#include "molbridge/service/analysis.hpp"
#include "molbridge/service/scored_queries.hpp"

namespace molbridge::service {
namespace {

constexpr std::size_t kNumMetrics = 4;
constexpr std::array<const char*, kNumMetrics> kMetrics{"recall_at_1", "recall_at_5", "recall_at_20", "mrr"};
constexpr std::array<const char*, kNumMetrics> kShown{"Recall@1", "Recall@5", "Recall@20", "MRR"};
using Values = std::array<double, kNumMetrics>;  // percent

struct Cap {
  std::string label;
  std::uint64_t most = 0;  ///< 0: all
};

Cap parse_cap(const std::string& text) {
  if (text == "all") return {text, 0};
  const auto value = parse_int(text);
  if (!value || *value < 1) {
    throw Error(ErrorCode::kUsage, "--cap " + text + ": a number of molecules, or all")
        .remedy("For example: --cap 128 --cap all");
  }
  return {text, static_cast<std::uint64_t>(*value)};
}

Values values_of_rank(std::uint64_t rank) {
  const auto within = [&](std::uint64_t k) { return rank <= k ? 100.0 : 0.0; };
  return {within(1), within(5), within(20), 100 / static_cast<double>(rank)};
}

Values values_of(const eval::CappedExpectation& e) {
  return {100 * e.recall_at_1, 100 * e.recall_at_5, 100 * e.recall_at_20, 100 * e.reciprocal_rank};
}

/// Random ranking of a pool of `size` molecules.
Values values_of_chance(std::uint64_t size) {
  const auto n = static_cast<double>(size);
  double harmonic = 0;
  for (std::uint64_t rank = 1; rank <= size; ++rank) harmonic += 1 / static_cast<double>(rank);
  return {100 / n, 100 * std::min(1.0, 5 / n), 100 * std::min(1.0, 20 / n), 100 * harmonic / n};
}

/// What becomes of every query at one cap; skipped queries stay at zero.
struct CapResult {
  Cap cap;
  std::vector<std::vector<Values>> drawn;  ///< [seed][query]
  std::vector<Values> expected, random;    ///< [query]
  double pool_sum = 0;

  CapResult(Cap which, std::size_t seeds, std::size_t queries)
      : cap(std::move(which)), drawn(seeds, std::vector<Values>(queries)), expected(queries), random(queries) {}
};

class PoolSizeAnalysis {
 public:
  PoolSizeAnalysis(const PoolSizeOptions& options, const EvaluationSetup& setup) : options_(options), setup_(setup) {
    for (const std::string& text : options.caps) {
      const Cap cap = parse_cap(text);
      const std::size_t seeds = cap.most == 0 ? 1 : options.seeds;
      results_.emplace_back(cap, seeds, setup.set.queries.size());
    }
    for (const EvaluationQuery& query : setup.set.queries) compounds_.push_back(query.compound);
  }

  void take(const ScoredQuery& scored) {
    if (scored.new_pool) draw(scored.pool);
    ++answered_;
    pools_with_truth_added_ += scored.new_pool && scored.pool.truth_added() ? 1 : 0;
    const std::uint64_t others = scored.scores.others.size();
    const std::uint64_t above = eval::pessimistic_rank(scored.scores.truth, scored.scores.others) - 1;
    for (std::size_t c = 0; c < results_.size(); ++c) {
      CapResult& result = results_[c];
      const std::uint64_t kept = result.cap.most == 0 ? others : std::min(others, result.cap.most - 1);
      result.expected[scored.index] = values_of(eval::expected_in_capped_pool(others, above, kept));
      result.random[scored.index] = chance(kept + 1);
      result.pool_sum += static_cast<double>(kept + 1);
      for (std::size_t s = 0; s < result.drawn.size(); ++s) {
        const std::uint64_t rank = kept == others ? above + 1 : rank_among(scored.scores, draws_[c][s]);
        result.drawn[s][scored.index] = values_of_rank(rank);
      }
    }
  }

  Table table() const {
    Table out{{"cap", "metric", "by_compound", "ci95_low", "ci95_high", "by_spectrum", "sd_of_draws", "expected",
               "random", "pool_size_mean"},
              {}};
    for (const CapResult& result : results_) {
      for (std::size_t m = 0; m < kNumMetrics; ++m) out.rows.push_back(row(result, m));
    }
    return out;
  }

  std::uint64_t pools_with_truth_added() const { return pools_with_truth_added_; }

 private:
  /// The candidates that each draw keeps of a pool; nothing where a cap does not cut it.
  void draw(const CandidatePool& pool) {
    draws_.assign(results_.size(), {});
    for (std::size_t c = 0; c < results_.size(); ++c) {
      const std::uint64_t most = results_[c].cap.most;
      draws_[c].resize(results_[c].drawn.size());
      if (most == 0 || most >= pool.size()) continue;
      for (std::size_t s = 0; s < draws_[c].size(); ++s) {
        draws_[c][s] = sample_others(pool, most, options_.evaluation.seed + s);
      }
    }
  }

  static std::uint64_t rank_among(const PoolScores& scores, const std::vector<std::size_t>& kept) {
    std::vector<float> others;
    for (const std::size_t i : kept) others.push_back(scores.others[i]);
    return eval::pessimistic_rank(scores.truth, others);
  }

  const Values& chance(std::uint64_t size) {
    while (chance_.size() <= size) chance_.push_back(chance_.empty() ? Values{} : values_of_chance(chance_.size()));
    return chance_[size];
  }

  static std::vector<double> column(const std::vector<Values>& values, std::size_t metric) {
    std::vector<double> out;
    for (const Values& one : values) out.push_back(one[metric]);
    return out;
  }

  static double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return values.empty() ? std::nan("") : sum / static_cast<double>(values.size());
  }

  double mean_by_compound(const std::vector<Values>& values, std::size_t metric) const {
    return mean(eval::means_by_compound(compounds_, column(values, metric)));
  }

  std::vector<Cell> row(const CapResult& result, std::size_t metric) const {
    std::vector<double> over_draws(compounds_.size(), 0);
    std::vector<double> figures;  // of each draw
    for (const auto& drawn : result.drawn) {
      const std::vector<double> values = column(drawn, metric);
      for (std::size_t q = 0; q < values.size(); ++q) {
        over_draws[q] += values[q] / static_cast<double>(result.drawn.size());
      }
      figures.push_back(mean(eval::means_by_compound(compounds_, values)));
    }
    const auto by_compound = eval::bootstrap_mean(eval::means_by_compound(compounds_, over_draws),
                                                  {options_.evaluation.seed, options_.evaluation.resamples, {}});
    return {result.cap.label,
            std::string(kMetrics[metric]),
            by_compound.mean,
            by_compound.low,
            by_compound.high,
            mean(over_draws),
            deviation(figures),
            mean_by_compound(result.expected, metric),
            mean_by_compound(result.random, metric),
            answered_ == 0 ? std::nan("") : result.pool_sum / static_cast<double>(answered_)};
  }

  /// Standard deviation of a sample; nothing for a single draw.
  static Cell deviation(const std::vector<double>& values) {
    if (values.size() < 2) return {};
    const double middle = mean(values);
    double squares = 0;
    for (const double value : values) squares += (value - middle) * (value - middle);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
  }

  const PoolSizeOptions& options_;
  const EvaluationSetup& setup_;
  std::vector<CapResult> results_;
  std::vector<std::uint64_t> compounds_;                      // of each query
  std::vector<std::vector<std::vector<std::size_t>>> draws_;  // [cap][seed] of the pool at hand
  std::vector<Values> chance_;                                // by size
  std::uint64_t answered_ = 0;
  std::uint64_t pools_with_truth_added_ = 0;
};

plot::Series series_of(const Table& table, std::size_t metric, const std::vector<std::string>& caps) {
  plot::Series series;
  series.label = kShown[metric];
  series.mark = plot::Mark::kLinePoints;
  for (std::size_t c = 0; c < caps.size(); ++c) {
    const auto& row = table.rows[c * kNumMetrics + metric];
    series.x.push_back(static_cast<double>(c));
    series.y.push_back(std::get<double>(row[2]));
    series.low.push_back(std::get<double>(row[3]));
    series.high.push_back(std::get<double>(row[4]));
  }
  return series;
}

plot::Series chance_of(const Table& table, std::size_t metric, const std::vector<std::string>& caps) {
  plot::Series series;
  series.label = std::string("random ") + kShown[metric];
  for (std::size_t c = 0; c < caps.size(); ++c) {
    series.x.push_back(static_cast<double>(c));
    series.y.push_back(std::get<double>(table.rows[c * kNumMetrics + metric][8]));
  }
  return series;
}

plot::Figure figure_of(const Table& table, const std::vector<std::string>& caps) {
  plot::Panel recall, mrr;
  for (plot::Panel* panel : {&recall, &mrr}) {
    panel->x.label = "molecules per pool, at most";
    panel->x.categories = caps;
    panel->y.include_zero = true;
  }
  recall.y.label = "Recall (%)";
  mrr.y.label = "MRR (%)";
  recall.series = {series_of(table, 0, caps), series_of(table, 1, caps), series_of(table, 2, caps),
                   chance_of(table, 0, caps)};
  mrr.series = {series_of(table, 3, caps), chance_of(table, 3, caps)};
  return {.title = "", .panels = {recall, mrr}};
}

}  // namespace

Analysis analyze_pool_size(const PoolSizeOptions& options, Progress& progress) {
  require_honest(options.evaluation);
  EvaluateOptions evaluation = options.evaluation;
  evaluation.cap = 0;
  evaluation.mces = false;
  for (const std::string& cap : options.caps) parse_cap(cap);  // before hours of work
  const auto setup = open_evaluation(evaluation, progress);
  PoolSizeAnalysis analysis(options, *setup);
  require_queries(*setup);
  for_each_scored(*setup, evaluation, progress, [&](const ScoredQuery& scored) { analysis.take(scored); });
  Analysis out;
  out.kind = "pool-size";
  out.facts = facts_of(*setup, evaluation);
  count_skipped(*setup, out);
  out.facts.emplace_back("pools_with_truth_added", analysis.pools_with_truth_added());
  out.facts.emplace_back("draws", options.seeds);
  out.facts.emplace_back("unit", std::string("percent; skipped queries are misses; ties count against the truth"));
  Table table = analysis.table();
  out.figure = figure_of(table, options.caps);
  out.tables.emplace_back("figures", std::move(table));
  return out;
}

}  // namespace molbridge::service
