#include "molbridge/service/evaluate.hpp"

#include <algorithm>
#include <map>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/evaluation_report.hpp"
#include "molbridge/service/evaluation_set.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

void check_options(const EvaluateOptions& options) {
  const bool by_file = !options.candidates.empty();
  if (by_file && (!options.pool.empty() || !options.bank.empty())) {
    throw Error(ErrorCode::kUsage, "--candidates and --bank/--pool exclude each other")
        .remedy("Take pools from a bank (--bank DIR --pool ppm) or from a file (--candidates C.json).");
  }
  if (!by_file && options.pool != "formula" && options.pool != "ppm") {
    throw Error(ErrorCode::kUsage,
                "no pools: give --pool formula or --pool ppm with --bank DIR, or --candidates C.json");
  }
  if (options.first_is_truth && !by_file) throw Error(ErrorCode::kUsage, "--first-is-truth needs --candidates");
}

std::shared_ptr<const encoders::MoleculeEncoder> encoder_of(const retrieve::SpectrumModel& model) {
  auto encoder = encoders::make_molecule_encoder(model.target_encoder());
  if (encoder->digest() != model.target_encoder_digest()) {
    throw Error(ErrorCode::kModel, "the model was trained for the molecule space " +
                                       short_digest(model.target_encoder_digest()) + ", this build's " +
                                       encoder->name() + " is " + short_digest(encoder->digest()))
        .remedy("Train the model again with this build.");
  }
  return encoder;
}

/// Everything an evaluation reads, opened and checked.
struct Setup {
  Engine engine;
  EvaluationSet set;
  CandidateLists lists;  // outlives the pools that look into it
  std::unique_ptr<PoolSource> pools;
};

EvaluationSetOptions set_options(const EvaluateOptions& options, const CandidateLists& lists) {
  EvaluationSetOptions out{options.spectra, options.threads, {}};
  if (!options.first_is_truth) return out;
  for (const auto& [key, list] : lists) {
    if (!list.empty()) out.truth_by_id[key] = list.front();
  }
  return out;
}

void prepare(const EvaluateOptions& options, Setup& setup, Progress& progress) {
  if (options.candidates.empty()) {
    setup.engine = open_engine(options.model, options.bank);
  } else {
    setup.engine.model = open_model(options.model);
    setup.lists = read_candidate_lists(options.candidates);
  }
  const auto encoder = encoder_of(*setup.engine.model);
  setup.set = load_evaluation_set(set_options(options, setup.lists), progress);
  std::vector<std::string> training;
  for (const auto& molecule : setup.engine.model->training_molecules()) training.push_back(molecule.smiles);
  measure_novelty(setup.set, training, options.threads);
  if (!options.candidates.empty()) {
    setup.pools = make_candidate_file_pools(setup.lists, setup.set, encoder, options.threads, progress).source;
  } else if (options.pool == "formula") {
    setup.pools = make_formula_pools(setup.engine.bank, encoder);
  } else {
    setup.pools = make_mass_pools(setup.engine.bank, encoder, mass::Tolerance::ppm(options.ppm));
  }
}

std::vector<float> embed(const retrieve::SpectrumModel& model, const EvaluationQuery& query) {
  const encoders::SpectrumInput input = encoders::spectrum_input(query.spectrum);
  const retrieve::SpectrumQuery spectrum{&query.spectrum, input.precursor_mz, 0, input.adduct, input.ion_mode};
  return model.embed({&spectrum, 1});
}

/// Ranks every query; queries of one compound follow each other, so that a bank pool is fetched once per compound.
class Ranker {
 public:
  Ranker(Setup& setup, bool pool_per_query) : setup_(setup), pool_per_query_(pool_per_query) {}

  std::vector<QueryResultRow> run(Progress& progress) {
    std::vector<std::size_t> order(setup_.set.queries.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto& queries = setup_.set.queries;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return queries[a].compound < queries[b].compound; });
    std::vector<QueryResultRow> rows(queries.size());
    progress.start("ranking", order.size(), "spectra");
    for (std::size_t done = 0; done < order.size(); ++done) {
      check_interrupt();
      rows[order[done]] = rank(queries[order[done]]);
      progress.advance(done + 1);
    }
    progress.finish();
    return rows;
  }

 private:
  QueryResultRow rank(const EvaluationQuery& query) {
    const EvaluationCompound& compound = setup_.set.compounds[query.compound];
    QueryResultRow row{
        query.spectrum.id, compound.inchikey14, query.skip_reason, {query.compound, std::nullopt, 0, compound.novelty}};
    if (!query.skip_reason.empty()) return row;
    if (pool_per_query_ || pool_compound_ != query.compound || pool_ == nullptr) {
      pool_ = setup_.pools->pool_of(compound, query);
      pool_compound_ = query.compound;
    }
    if (pool_ == nullptr) {
      row.skip_reason = "no candidate list for this query";
      return row;
    }
    row.outcome.rank = pool_->rank_of_truth(embed(*setup_.engine.model, query));
    row.outcome.pool_size = pool_->size();
    row.truth_added = pool_->truth_added();
    return row;
  }

  Setup& setup_;
  bool pool_per_query_;
  std::unique_ptr<CandidatePool> pool_;
  std::size_t pool_compound_ = 0;
};

EvaluateReport summarize_rows(const std::vector<QueryResultRow>& rows, const EvaluateOptions& options) {
  const eval::BootstrapOptions bootstrap{options.seed, options.resamples};
  EvaluateReport report;
  std::vector<eval::QueryOutcome> all;
  std::map<std::string, std::vector<eval::QueryOutcome>> by_novelty;
  std::map<std::string, std::uint64_t> reasons;
  for (const auto& row : rows) {
    all.push_back(row.outcome);
    if (!row.inchikey14.empty()) by_novelty[eval::novelty_stratum(row.outcome.novelty)].push_back(row.outcome);
    if (row.truth_added) ++report.truth_added;
    if (!row.skip_reason.empty()) ++reasons[row.skip_reason];
  }
  report.all = eval::summarize(all, bootstrap);
  for (const auto& stratum : eval::novelty_strata()) {
    report.by_novelty.emplace_back(stratum, eval::summarize(by_novelty[stratum], bootstrap));
  }
  report.skip_reasons.assign(reasons.begin(), reasons.end());
  return report;
}

}  // namespace

EvaluateReport evaluate(const EvaluateOptions& options, Progress& progress) {
  check_options(options);
  const auto output = open_output(options.output);  // before hours of work, not after
  Setup setup;
  prepare(options, setup, progress);
  const std::vector<QueryResultRow> rows = Ranker(setup, !options.candidates.empty()).run(progress);
  EvaluateReport report = summarize_rows(rows, options);
  report.unlabelled = setup.set.unlabelled;
  output->write(evaluation_json(options, setup.engine, report));
  output->commit();
  if (!options.per_query.empty()) {
    const auto table = open_output(options.per_query);
    table->write(per_query_tsv(rows));
    table->commit();
  }
  return report;
}

}  // namespace molbridge::service
