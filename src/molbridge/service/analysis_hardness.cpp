#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/eval/distribution.hpp"
#include "molbridge/eval/hardness.hpp"
#include "molbridge/service/analysis.hpp"
#include "molbridge/service/query_ranker.hpp"
#include "molbridge/service/scored_queries.hpp"

namespace molbridge::service {
namespace {

/// Fingerprints of standardised SMILES. Pools of one formula share their molecules, so those of the last pools are kept.
class Fingerprints {
 public:
  explicit Fingerprints(std::size_t threads) : threads_(threads) {}

  std::vector<chem::BitFingerprint> of(const std::vector<PoolMolecule>& molecules) {
    if (known_.size() > kMost) known_.clear();
    std::vector<std::string> missing;
    for (const PoolMolecule& molecule : molecules) {
      if (known_.try_emplace(molecule.smiles).second) missing.push_back(molecule.smiles);
    }
    compute(missing);
    std::vector<chem::BitFingerprint> out;
    for (const PoolMolecule& molecule : molecules) out.push_back(known_.at(molecule.smiles));
    return out;
  }

 private:
  static constexpr std::size_t kMost = 200000;  // half a kilobyte each

  void compute(const std::vector<std::string>& smiles) {
    constexpr std::size_t kChunk = 16;
    std::vector<chem::BitFingerprint> made(smiles.size());
    parallel_for(smiles.size(), threads_, kChunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto molecule = chem::Molecule::from_smiles(smiles[i]);
        if (!molecule)
          throw Error(ErrorCode::kModel, "the candidate " + smiles[i] + " does not parse: " + molecule.reason());
        made[i] = chem::morgan(*molecule, eval::kHardnessFingerprint);
      }
    });
    for (std::size_t i = 0; i < smiles.size(); ++i) known_[smiles[i]] = std::move(made[i]);
  }

  std::size_t threads_;
  std::unordered_map<std::string, chem::BitFingerprint> known_;
};

struct MeasuredPool {
  std::size_t compound = 0;
  eval::PoolHardness hardness;
};

/// By compound and list.
using MeasuredPools = std::map<std::pair<std::size_t, std::string>, MeasuredPool>;

/// What open_evaluation() opens, but for the model.
std::unique_ptr<EvaluationSetup> open_pools(const EvaluateOptions& options, Progress& progress) {
  const bool by_file = !options.candidates.empty();
  if (by_file == !options.bank.empty() || (!by_file && options.pool.empty())) {
    throw Error(ErrorCode::kUsage,
                "no pools: give --bank DIR with --pool formula or --pool ppm, or --candidates C.json");
  }
  auto setup = std::make_unique<EvaluationSetup>();
  EvaluationSetOptions reading{options.spectra, options.threads, {}};
  if (by_file) setup->lists = read_candidate_lists(options.candidates);
  if (options.first_is_truth) {
    for (const auto& [key, list] : setup->lists) {
      if (!list.empty()) reading.truth_by_id[key] = list.front();
    }
  }
  setup->set = load_evaluation_set(reading, progress);
  if (!by_file) {
    setup->engine.bank = bank::Bank::open(options.bank);
    setup->pools = options.pool == "formula"
                       ? make_formula_pools(setup->engine.bank, nullptr)
                       : make_mass_pools(setup->engine.bank, nullptr, mass::Tolerance::ppm(options.ppm));
    return setup;
  }
  resolve_list_keys(setup->lists, setup->set, options.threads);
  auto file = make_candidate_file_pools(setup->lists, setup->set, encoders::make_molecule_encoder("ecfp4"),
                                        options.threads, progress);
  setup->rejected_candidates = file.rejected;
  setup->pools = std::move(file.source);
  return setup;
}

/// One query of each pool, neighbours in mass after each other.
std::vector<const EvaluationQuery*> distinct_pools(const EvaluationSetup& setup) {
  std::map<std::pair<std::size_t, std::string>, const EvaluationQuery*> first;
  for (const EvaluationQuery& query : setup.set.queries) {
    if (skip_reason(setup, query).empty()) first.try_emplace({query.compound, query.list_key}, &query);
  }
  std::vector<const EvaluationQuery*> out;
  for (const auto& [key, query] : first) out.push_back(query);
  std::stable_sort(out.begin(), out.end(), [&](const EvaluationQuery* a, const EvaluationQuery* b) {
    return setup.set.compounds[a->compound].mass < setup.set.compounds[b->compound].mass;
  });
  return out;
}

MeasuredPools measure_pools(const EvaluationSetup& setup, const HardnessOptions& options, Progress& progress) {
  const std::vector<const EvaluationQuery*> queries = distinct_pools(setup);
  Fingerprints fingerprints(options.evaluation.threads);
  MeasuredPools out;
  std::uint64_t done = 0;
  progress.start("measuring", queries.size(), "pools");
  for (const EvaluationQuery* query : queries) {
    check_interrupt();
    const auto pool = setup.pools->pool_of(setup.set.compounds[query->compound], *query);
    const auto truth = fingerprints.of({pool->truth()});
    const auto decoys = fingerprints.of(pool->others());
    out[{query->compound, query->list_key}] = {query->compound,
                                               eval::pool_hardness(truth.front(), decoys, options.threshold)};
    progress.advance(++done);
  }
  progress.finish();
  return out;
}

Table summary_table(const eval::HardnessSummary& s, std::size_t skipped_compounds, double threshold) {
  Table out{{"measure", "value"}, {}};
  const auto add = [&](const char* name, Cell value) { out.rows.push_back({std::string(name), std::move(value)}); };
  add("pools", s.pools);
  add("pools_without_decoys", s.without_decoys);
  add("compounds_without_pool", std::uint64_t{skipped_compounds});
  const auto known = [&](double value) { return s.pools > 0 ? value : std::nan(""); };
  add("decoys_mean", known(s.mean_decoys));
  add("max_tanimoto_mean", known(s.mean_max));
  add("max_tanimoto_median", known(s.median_max));
  add("threshold", threshold);
  add("hard_decoys_mean", known(s.mean_hard));
  add("pools_with_hard_decoy_percent", known(100 * s.share_with_hard));
  return out;
}

Table pools_table(const MeasuredPools& pools, const EvaluationSetup& setup) {
  Table out{{"inchikey14", "smiles", "decoys", "max_tanimoto", "hard_decoys"}, {}};
  for (const auto& [key, pool] : pools) {
    const EvaluationCompound& compound = setup.set.compounds[pool.compound];
    out.rows.push_back({compound.inchikey14, compound.smiles, pool.hardness.decoys,
                        pool.hardness.decoys > 0 ? pool.hardness.max_tanimoto : std::nan(""), pool.hardness.hard});
  }
  return out;
}

eval::Distribution distribution_of(const MeasuredPools& pools) {
  std::vector<eval::Weighted> values;
  for (const auto& [key, pool] : pools) {
    if (pool.hardness.decoys > 0) values.push_back({static_cast<float>(pool.hardness.max_tanimoto), 1});
  }
  return eval::distribution(values, 0, 1, 25);
}

Table histogram_table(const eval::Distribution& d) {
  Table out{{"low", "high", "share"}, {}};
  for (std::size_t i = 0; i < d.shares.size(); ++i) out.rows.push_back({d.edges[i], d.edges[i + 1], d.shares[i]});
  return out;
}

/// Recall of the queries whose pool is in each bin. Skipped queries have no pool and are in no bin.
Table recall_table(const EvaluationSetup& setup, const HardnessOptions& options, const MeasuredPools& pools,
                   Progress& progress) {
  const RankedQueries ranked = rank_queries(setup, options.evaluation, progress);
  std::map<std::string, std::vector<eval::QueryOutcome>> outcomes;
  for (std::size_t i = 0; i < ranked.rows.size(); ++i) {
    const EvaluationQuery& query = setup.set.queries[i];
    const auto pool = pools.find({query.compound, query.list_key});
    if (pool == pools.end() || pool->second.hardness.decoys == 0 || !ranked.rows[i].outcome.rank) continue;
    outcomes[eval::hardness_bin(pool->second.hardness.max_tanimoto)].push_back(ranked.rows[i].outcome);
  }
  Table out{{"max_tanimoto", "queries", "compounds"}, {}};
  for (const char* metric : {"recall_at_1", "recall_at_5", "recall_at_20", "mrr"}) {
    for (const char* part : {"", "_ci95_low", "_ci95_high", "_random"})
      out.columns.push_back(metric + std::string(part));
  }
  for (const std::string& bin : eval::hardness_bins()) {
    const eval::Summary s = eval::summarize(outcomes[bin], {options.evaluation.seed, options.evaluation.resamples, {}});
    std::vector<Cell> row{bin, s.queries, s.compounds};
    for (std::size_t m = 0; m < s.figures.size(); ++m) {
      const eval::Figure& f = s.figures[m].second;
      const bool none = s.queries == 0;
      for (const double value : {f.by_compound, f.ci95_low, f.ci95_high, s.random[m].second.by_compound}) {
        row.emplace_back(none ? std::nan("") : value);
      }
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

plot::Panel recall_panel(const Table& table) {
  plot::Panel panel;
  panel.x.label = "largest Tanimoto of a decoy to the truth";
  panel.y.label = "Recall (%)";
  panel.y.include_zero = true;
  const std::size_t first_metric = 3, cells = 4;
  for (std::size_t m = 0; m < 3; ++m) {
    plot::Series series;
    series.label = std::string("Recall@") + (m == 0 ? "1" : m == 1 ? "5" : "20");
    series.mark = plot::Mark::kPoints;
    for (std::size_t b = 0; b < table.rows.size(); ++b) {
      const std::size_t at = first_metric + m * cells;
      if (std::isnan(std::get<double>(table.rows[b][at]))) continue;
      series.x.push_back(static_cast<double>(b));
      series.y.push_back(std::get<double>(table.rows[b][at]));
      series.low.push_back(std::get<double>(table.rows[b][at + 1]));
      series.high.push_back(std::get<double>(table.rows[b][at + 2]));
    }
    panel.series.push_back(std::move(series));
  }
  panel.x.categories = eval::hardness_bins();
  return panel;
}

plot::Panel hardness_panel(const eval::Distribution& d, const eval::HardnessSummary& summary) {
  plot::Panel panel;
  panel.x.label = "largest Tanimoto of a decoy to the truth";
  panel.y.label = "share of pools (%)";
  plot::Histogram histogram{"pools", d.edges, {}};
  for (const double share : d.shares) histogram.heights.push_back(100 * share);
  panel.histograms = {std::move(histogram)};
  if (summary.pools > 0) panel.references.push_back({"median", true, summary.median_max});
  return panel;
}

std::size_t compounds_without_pool(const EvaluationSetup& setup, const MeasuredPools& pools) {
  std::map<std::size_t, bool> has_pool;
  for (const EvaluationQuery& query : setup.set.queries) has_pool.try_emplace(query.compound, false);
  for (const auto& [key, pool] : pools) has_pool[pool.compound] = true;
  return static_cast<std::size_t>(
      std::count_if(has_pool.begin(), has_pool.end(), [](const auto& one) { return !one.second; }));
}

}  // namespace

Analysis analyze_hardness(const HardnessOptions& options, Progress& progress) {
  require_honest(options.evaluation);
  std::unique_ptr<const EvaluationSetup> setup;
  if (options.with_model) {
    setup = open_evaluation(options.evaluation, progress);
  } else {
    setup = open_pools(options.evaluation, progress);
  }
  require_queries(*setup);
  const MeasuredPools pools = measure_pools(*setup, options, progress);
  std::vector<eval::PoolHardness> list;
  for (const auto& [key, pool] : pools) list.push_back(pool.hardness);
  const eval::HardnessSummary summary = eval::summarize_hardness(list);
  const eval::Distribution histogram = distribution_of(pools);
  Analysis out;
  out.kind = "hardness";
  out.facts = facts_of(*setup, options.evaluation);
  count_skipped(*setup, out);
  out.facts.emplace_back("fingerprint", std::string("Morgan radius 2, 4096 bits"));
  out.tables.emplace_back("measures", summary_table(summary, compounds_without_pool(*setup, pools), options.threshold));
  out.tables.emplace_back("histogram", histogram_table(histogram));
  out.figure.panels.push_back(hardness_panel(histogram, summary));
  if (options.with_model) {
    out.tables.emplace_back("recall_by_hardness", recall_table(*setup, options, pools, progress));
    out.figure.panels.push_back(recall_panel(out.tables.back().second));
  }
  out.tables.emplace_back("pools", pools_table(pools, *setup));
  return out;
}

}  // namespace molbridge::service
