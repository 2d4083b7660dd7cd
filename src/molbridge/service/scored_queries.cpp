#include "molbridge/service/scored_queries.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

std::vector<std::size_t> answerable(const EvaluationSetup& setup) {
  const auto& queries = setup.set.queries;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (skip_reason(setup, queries[i]).empty()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(queries[a].compound, queries[a].list_key) < std::tie(queries[b].compound, queries[b].list_key);
  });
  return order;
}

/// The pool of the query before, or another.
class PoolHolder {
 public:
  explicit PoolHolder(const EvaluationSetup& setup) : setup_(setup) {}

  /// True when the pool is a new one.
  bool fetch(const EvaluationQuery& query) {
    if (pool_ != nullptr && compound_ == query.compound && list_ == query.list_key) return false;
    pool_ = setup_.pools->pool_of(setup_.set.compounds[query.compound], query);
    compound_ = query.compound;
    list_ = query.list_key;
    return true;
  }
  const CandidatePool& pool() const { return *pool_; }

 private:
  const EvaluationSetup& setup_;
  std::unique_ptr<CandidatePool> pool_;
  std::size_t compound_ = 0;
  std::string list_;
};

}  // namespace

void for_each_scored(const EvaluationSetup& setup, const EvaluateOptions& options, Progress& progress,
                     const std::function<void(const ScoredQuery&)>& visit) {
  constexpr std::size_t kBlock = 64;  // spectra embedded together
  const std::vector<std::size_t> order = answerable(setup);
  const std::size_t width = setup.engine.model->width();
  PoolHolder holder(setup);
  progress.start("scoring", order.size(), "queries");
  for (std::size_t begin = 0; begin < order.size(); begin += kBlock) {
    const auto block = std::span(order).subspan(begin, std::min(kBlock, order.size() - begin));
    const std::vector<float> vectors = embed_queries(setup, block, options.threads);
    for (std::size_t i = 0; i < block.size(); ++i) {
      check_interrupt();
      const EvaluationQuery& query = setup.set.queries[block[i]];
      const bool is_new = holder.fetch(query);
      const PoolScores scores = holder.pool().scores(std::span(vectors).subspan(i * width, width));
      visit({block[i], query.compound, is_new, holder.pool(), scores});
      progress.advance(begin + i + 1);
    }
  }
  progress.finish();
}

void require_queries(const EvaluationSetup& setup) {
  if (!setup.set.queries.empty()) return;
  throw Error(ErrorCode::kInput, "none of the " + format_count(setup.set.unlabelled) + " spectra names a structure")
      .remedy("Give spectra with SMILES; where candidate lists begin with the truth: --first-is-truth.");
}

void count_skipped(const EvaluationSetup& setup, Analysis& analysis) {
  std::map<std::string, std::uint64_t> reasons;
  for (const EvaluationQuery& query : setup.set.queries) {
    const std::string reason = skip_reason(setup, query);
    if (reason.empty()) continue;
    ++analysis.skipped;
    ++reasons[reason];
  }
  analysis.facts.emplace_back("skipped", analysis.skipped);
  for (const auto& [reason, count] : reasons) {
    analysis.remarks.push_back("skipped " + format_count(count) + ": " + reason);
  }
  if (setup.set.unlabelled > 0) {
    analysis.remarks.push_back(format_count(setup.set.unlabelled) + " spectra without structure left out");
  }
}

void require_honest(const EvaluateOptions& options) {
  if (!is_released(options)) return;
  throw Error(ErrorCode::kUsage, "an analysis by the released convention would describe spellings, not molecules")
      .remedy("Leave --convention out.");
}

std::vector<std::pair<std::string, Cell>> facts_of(const EvaluationSetup& setup, const EvaluateOptions& options) {
  std::vector<std::pair<std::string, Cell>> facts{{"spectra", join(options.spectra, " ")}};
  if (setup.engine.model != nullptr) {
    facts.emplace_back("model", setup.engine.model->name());
    facts.emplace_back("model_digest", setup.engine.model->digest());
    facts.emplace_back("target_encoder", setup.engine.model->target_encoder());
  }
  if (setup.engine.bank != nullptr) {
    facts.emplace_back("bank", setup.engine.bank->folder());
    facts.emplace_back("bank_digest", setup.engine.bank->manifest().digest);
    facts.emplace_back("pool", options.pool == "ppm" ? "ppm " + format_shortest(options.ppm) : options.pool);
  } else {
    facts.emplace_back("candidates", options.candidates);
    facts.emplace_back("first_is_truth", std::string(options.first_is_truth ? "yes" : "no"));
    facts.emplace_back("rejected_candidates", setup.rejected_candidates);
  }
  facts.emplace_back("merge", options.merge);
  facts.emplace_back("queries", std::uint64_t{setup.set.queries.size()});
  facts.emplace_back("unlabelled_spectra", setup.set.unlabelled);
  facts.emplace_back("seed", options.seed);
  facts.emplace_back("resamples", static_cast<std::uint64_t>(options.resamples));
  return facts;
}

}  // namespace molbridge::service
