#include "molbridge/service/evaluate.hpp"

#include <algorithm>
#include <map>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"
#include "molbridge/retrieve/space.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"
#include "molbridge/service/candidate_pools.hpp"
#include "molbridge/service/engine.hpp"
#include "molbridge/service/evaluation_report.hpp"
#include "molbridge/service/evaluation_set.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/released_pools.hpp"

namespace molbridge::service {
namespace {

bool is_released(const EvaluateOptions& options) {
  return retrieve::parse_convention(options.convention) == retrieve::Convention::kReleased;
}

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
  if (is_released(options) && !by_file) {
    throw Error(ErrorCode::kUsage, "the released convention ranks SMILES as they are given, which a bank does not keep")
        .remedy("Name the lists: --candidates C.json.");
  }
}

std::shared_ptr<const encoders::MoleculeEncoder> encoder_of(const retrieve::SpectrumModel& model) {
  retrieve::require_target_space(model);
  auto encoder = encoders::make_molecule_encoder(model.target_encoder());
  if (encoder->digest() != model.target_encoder_digest()) {
    throw Error(ErrorCode::kModel, "the model was trained for the molecule space " +
                                       short_digest(model.target_encoder_digest()) + ", this build's " +
                                       encoder->name() + " is " + short_digest(encoder->digest()))
        .remedy("Train or import the model again with this build.");
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

std::unique_ptr<PoolSource> make_pools(const EvaluateOptions& options, const Setup& setup, Progress& progress) {
  const retrieve::SpectrumModel& model = *setup.engine.model;
  const auto encoder = encoder_of(model);
  if (is_released(options)) {
    return make_released_pools(setup.lists, setup.set, model.target_encoder(), options.threads, progress);
  }
  if (!options.candidates.empty()) {
    return make_candidate_file_pools(setup.lists, setup.set, encoder, options.threads, progress).source;
  }
  if (options.pool == "formula") return make_formula_pools(setup.engine.bank, encoder);
  return make_mass_pools(setup.engine.bank, encoder, mass::Tolerance::ppm(options.ppm));
}

void prepare(const EvaluateOptions& options, Setup& setup, Progress& progress) {
  if (options.candidates.empty()) {
    setup.engine = open_engine(options.model, options.bank);
  } else {
    setup.engine.model = open_model(options.model, retrieve::parse_convention(options.convention));
    setup.lists = read_candidate_lists(options.candidates);
  }
  setup.set = load_evaluation_set(set_options(options, setup.lists), progress);
  std::vector<std::string> training;
  for (const auto& molecule : setup.engine.model->training_molecules()) training.push_back(molecule.smiles);
  measure_novelty(setup.set, training, options.threads);
  setup.pools = make_pools(options, setup, progress);
}

/// Ranks every query. With a bank, queries of one compound follow each other, so that a pool is fetched once per compound; otherwise they are
/// embedded in the order of the files, which the released convention depends on.
class Ranker {
 public:
  Ranker(const Setup& setup, const EvaluateOptions& options)
      : setup_(setup), pool_per_query_(!options.candidates.empty()), threads_(options.threads) {}

  std::vector<QueryResultRow> run(Progress& progress) {
    const std::vector<std::size_t> order = start_rows();
    progress.start("ranking", order.size(), "spectra");
    for (std::size_t begin = 0; begin < order.size(); begin += kBlock) {
      const auto block = std::span(order).subspan(begin, std::min(kBlock, order.size() - begin));
      const std::vector<float> vectors = embed(block);
      const std::size_t width = setup_.engine.model->width();
      for (std::size_t i = 0; i < block.size(); ++i) {
        check_interrupt();
        rank(block[i], std::span(vectors).subspan(i * width, width));
        progress.advance(begin + i + 1);
      }
    }
    progress.finish();
    return std::move(rows_);
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
      std::string reason = queries[i].skip_reason;
      if (reason.empty() && !setup_.pools->has_pool(queries[i])) reason = "no candidate list for this query";
      if (reason.empty()) order.push_back(i);
      rows_.push_back({queries[i].spectrum.id,
                       compound.inchikey14,
                       std::move(reason),
                       {queries[i].compound, std::nullopt, 0, compound.novelty}});
    }
    if (pool_per_query_) return order;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return queries[a].compound < queries[b].compound; });
    return order;
  }

  std::vector<float> embed(std::span<const std::size_t> block) const {
    std::vector<retrieve::SpectrumQuery> spectra;
    for (const std::size_t i : block) {
      const spectra::Spectrum& spectrum = setup_.set.queries[i].spectrum;
      const encoders::SpectrumInput input = encoders::spectrum_input(spectrum);
      spectra.push_back({&spectrum, input.precursor_mz, 0, input.adduct, input.ion_mode});
    }
    return setup_.engine.model->embed(spectra, threads_);
  }

  void rank(std::size_t index, std::span<const float> vector) {
    const EvaluationQuery& query = setup_.set.queries[index];
    if (pool_per_query_ || pool_compound_ != query.compound || pool_ == nullptr) {
      pool_ = setup_.pools->pool_of(setup_.set.compounds[query.compound], query);
      pool_compound_ = query.compound;
    }
    QueryResultRow& row = rows_[index];
    row.outcome.rank = pool_->rank_of_truth(vector);
    row.outcome.pool_size = pool_->size();
    row.truth_added = pool_->truth_added();
  }

  const Setup& setup_;
  bool pool_per_query_;
  std::size_t threads_;
  std::vector<QueryResultRow> rows_;
  std::unique_ptr<CandidatePool> pool_;
  std::size_t pool_compound_ = 0;
};

EvaluateReport summarize_rows(const std::vector<QueryResultRow>& rows, const EvaluateOptions& options,
                              bool novelty_known) {
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
    if (!novelty_known) break;
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
  const std::vector<QueryResultRow> rows = Ranker(setup, options).run(progress);
  const bool novelty_known = !setup.engine.model->training_molecules().empty();
  EvaluateReport report = summarize_rows(rows, options, novelty_known);
  report.warning = convention_warning(*setup.engine.model, true);
  report.unlabelled = setup.set.unlabelled;
  output->write(evaluation_json(options, setup.engine, report));
  output->commit();
  if (!options.per_query.empty()) {
    const auto table = open_output(options.per_query);
    table->write(per_query_tsv(rows, novelty_known));
    table->commit();
  }
  return report;
}

}  // namespace molbridge::service
