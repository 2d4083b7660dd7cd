#include "molbridge/service/evaluate.hpp"

#include <map>

#include "molbridge/chem/closeness.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/service/evaluation_control.hpp"
#include "molbridge/service/evaluation_mces.hpp"
#include "molbridge/service/evaluation_report.hpp"
#include "molbridge/service/evaluation_setup.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/query_ranker.hpp"

namespace molbridge::service {
namespace {

EvaluateReport summarize_rows(const std::vector<QueryResultRow>& rows, const EvaluateOptions& options,
                              bool novelty_known) {
  eval::BootstrapOptions bootstrap{options.seed, options.resamples, std::nullopt};
  if (options.mces) bootstrap.mces_threshold = options.mces_threshold;
  EvaluateReport report;
  std::vector<eval::QueryOutcome> all;
  std::map<std::string, std::vector<eval::QueryOutcome>> by_novelty;
  std::map<std::string, std::uint64_t> reasons;
  for (const auto& row : rows) {
    all.push_back(row.outcome);
    if (!row.inchikey14.empty()) by_novelty[eval::novelty_stratum(row.outcome.novelty)].push_back(row.outcome);
    if (row.truth_added) ++report.truth_added;
    if (row.outcome.pool_size > 1 && row.tied_on_top == row.outcome.pool_size) ++report.undecided;
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

/// After MCES, which may name another of those that tie on top. Spectra of a compound often have the same molecule on top.
void mark_close(RankedQueries& ranked) {
  std::map<std::pair<std::string, std::string>, bool> known;
  for (std::size_t i = 0; i < ranked.rows.size(); ++i) {
    QueryResultRow& row = ranked.rows[i];
    if (!row.probability) continue;
    check_interrupt();
    const std::string& truth = ranked.contests[i].truth;
    const auto [at, is_new] = known.try_emplace({truth, row.top.smiles}, row.top_correct());
    const auto molecule = [](const std::string& smiles) { return chem::Molecule::from_smiles(smiles).value(); };
    if (is_new && !at->second) at->second = chem::is_close(molecule(truth), molecule(row.top.smiles));
    row.top_close = at->second;
  }
}

void add_setup(const EvaluationSetup& setup, const EvaluateOptions& options, EvaluateReport& report) {
  report.warning = convention_warning(*setup.engine.model, true);
  report.unlabelled = setup.set.unlabelled;
  report.distinct_candidates = setup.distinct_candidates;
  report.rejected_candidates = setup.rejected_candidates;
  report.merged_spectra = setup.merged.spectra;
  report.stages = setup.engine.stages();
  if (setup.engine.reranker) report.shortlist = shortlist_of(setup.engine, options.shortlist);
  if (const Control control = parse_control(options.control); control != Control::kNone) {
    report.control = control_text(control);
  }
}

}  // namespace

EvaluateReport evaluate(const EvaluateOptions& options, Progress& progress) {
  const auto output = open_output(options.output);  // before hours of work, not after
  const auto setup = open_evaluation(options, progress);
  RankedQueries ranked = rank_queries(*setup, options, progress);
  const McesReport mces = options.mces ? measure_mces(ranked, options, progress) : McesReport{};
  mark_close(ranked);
  const bool novelty_known = !setup->engine.model->training_molecules().empty();
  EvaluateReport report = summarize_rows(ranked.rows, options, novelty_known);
  add_setup(*setup, options, report);
  report.calibration = report_calibration(ranked.rows, {.seed = options.seed, .resamples = options.resamples});
  report.mces_pairs = mces.pairs;
  report.mces_ties_cut = mces.ties_cut;
  report.mces_timed_out = mces.timed_out;
  output->write(evaluation_json(options, setup->engine, report));
  output->commit();
  if (!options.per_query.empty()) {
    const auto table = open_output(options.per_query);
    table->write(per_query_tsv(ranked.rows, novelty_known));
    table->commit();
  }
  return report;
}

}  // namespace molbridge::service
