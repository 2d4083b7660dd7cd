#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/evaluate.hpp"

namespace molbridge::cli {
namespace {

std::string figure_row(const std::string& name, const eval::Figure& figure, const eval::Figure& random) {
  return fmt::format("{:<14}{:>12.2f}{:>12.2f}   {:>6.2f} - {:<6.2f}{:>12.2f}", name, figure.by_spectrum,
                     figure.by_compound, figure.ci95_low, figure.ci95_high, random.by_compound);
}

void say_mces(const service::EvaluateReport& report, const Context& context) {
  if (!report.all.mces_at_1) return;
  context.say(figure_row("mces_at_1", *report.all.mces_at_1, *report.all.random_mces_at_1) +
              "  (distance, not percent)");
  if (report.mces_ties_cut > 0)
    context.say(fmt::format("{} queries have more than {} candidates tied on top: the first by InChIKey were measured",
                            format_count(report.mces_ties_cut), service::kMostTied));
  if (report.mces_timed_out > 0)
    context.say(fmt::format("{} of {} distances are bounds: the solver ran out of time",
                            format_count(report.mces_timed_out), format_count(report.mces_pairs)));
}

void say_report(const service::EvaluateReport& report, const Context& context) {
  const eval::Summary& all = report.all;
  if (!report.warning.empty()) context.say("warning: " + report.warning);
  if (!report.control.empty()) context.say("control: " + report.control);
  if (report.stages == 2) {
    context.say(
        fmt::format("two stages, the second looks at {} candidates of a query", format_count(report.shortlist)));
  }
  context.say(fmt::format(
      "{} queries of {} compounds, {} skipped (they count as misses), {} spectra without structure left out",
      format_count(all.queries), format_count(all.compounds), format_count(all.skipped),
      format_count(report.unlabelled)));
  if (report.merged_spectra > 0)
    context.say(fmt::format("queries were merged from {} spectra", format_count(report.merged_spectra)));
  context.say(
      fmt::format("pools: mean {:.1f}, median {:.0f}, {:.0f} to {:.0f} molecules; the truth was added to {} of them",
                  all.pool_sizes.mean, all.pool_sizes.median, all.pool_sizes.min, all.pool_sizes.max,
                  format_count(report.truth_added)));
  if (report.undecided > 0) {
    context.say(fmt::format("for {} queries all molecules of the pool tie, which counts as the last rank",
                            format_count(report.undecided)));
  }
  if (report.rejected_candidates > 0)
    context.say(fmt::format("{} of {} candidate spellings are no molecules and were left out",
                            format_count(report.rejected_candidates), format_count(report.distinct_candidates)));
  for (const auto& [reason, count] : report.skip_reasons)
    context.say(fmt::format("skipped {}: {}", format_count(count), reason));
  context.say(fmt::format("{:<14}{:>12}{:>12}   {:<15}{:>12}", "percent", "by spectrum", "by compound", "95 % interval",
                          "random"));
  for (std::size_t i = 0; i < all.figures.size(); ++i) {
    context.say(figure_row(all.figures[i].first, all.figures[i].second, all.random[i].second));
  }
  say_mces(report, context);
  if (report.calibration) {
    for (const std::string& line : service::calibration_text(*report.calibration)) context.say(line);
  }
  if (report.by_novelty.empty()) return context.say("novelty unknown: the model does not say what it was trained on");
  context.say("recall_at_1 by compound, by largest Tanimoto to a training molecule:");
  for (const auto& [stratum, summary] : report.by_novelty) {
    const eval::Figure& figure = summary.figures.front().second;
    context.say(fmt::format("  {:<8}{:>6} compounds{:>8.2f}   {:>6.2f} - {:.2f}", stratum, summary.compounds,
                            figure.by_compound, figure.ci95_low, figure.ci95_high));
  }
}

int run_evaluate(service::EvaluateOptions options, const Context& context) {
  options.threads = context.threads;
  const service::EvaluateReport report = service::evaluate(options, *context.progress);
  say_report(report, context);
  if (options.output != "-") context.say("report: " + options.output);
  return report.all.skipped == 0 ? 0 : 1;
}

}  // namespace

void add_evaluate_command(Command& parent) {
  auto options = std::make_shared<service::EvaluateOptions>();
  Command& c = parent.add("evaluate", "Measures how often a model ranks the right molecule first, with intervals.",
                          "molbridge evaluate --spectra held-out.mgf --bank my-bank --pool ppm -o report.json");
  c.details(
      "Spectra need a SMILES field. Ties and skipped queries count against the model; the truth is added to its pool "
      "where it is "
      "missing; figures stand per spectrum and per compound, with a bootstrap interval over compounds, beside random "
      "ranking, and "
      "by novelty against the training molecules.");
  c.option("--spectra", &options->spectra, "FILE", "spectra with known structures; repeatable").required();
  c.option("--model", &options->model, "DIR", "model folder, or random; default: the shipped model");
  c.option("--stages", &options->stages, "N",
           "1: leave out the second stage of a model that has one; default: all it has")
      .choices({"1", "2"});
  c.option("--shortlist", &options->shortlist, "N", "candidates that the second stage looks at; 0: as the model says")
      .range(0, 1e9);
  c.option("--control", &options->control, "NAME",
           "shuffled-spectra: peaks of another compound of nearly the same mass; no-peaks: none but the precursor")
      .choices({"none", "shuffled-spectra", "no-peaks"});
  c.option("--bank", &options->bank, "DIR", "bank that gives the pools");
  c.option("--pool", &options->pool, "KIND", "formula: molecules of the same formula; ppm: of the same mass")
      .choices({"formula", "ppm"});
  c.option("--ppm", &options->ppm, "PPM", "width of mass pools, relative to the mass of the truth").range(0, 1e6);
  c.option("--candidates", &options->candidates, "FILE.json",
           "candidate lists by SMILES or id (MassSpecGym), instead of a bank");
  c.option("--convention", &options->convention, "NAME",
           "released: as the code published with the model evaluates, with SMILES as given; for audits")
      .choices({"honest", "released"});
  c.flag("--first-is-truth", &options->first_is_truth,
         "spectra without SMILES take the first candidate of their list as truth");
  c.option("--cap", &options->cap, "N", "molecules per pool at most, the truth included, drawn by --seed; default: all")
      .range(0, 1e9);
  c.option(
       "--merge", &options->merge, "HOW",
       "one query of several spectra: a consensus spectrum per compound and adduct (and energy), or mean scores per "
       "compound")
      .choices({"none", "compound", "compound-energy", "scores"});
  c.flag("--mces", &options->mces, "measure MCES@1, the distance of the top candidate from the truth");
  c.option("--mces-threshold", &options->mces_threshold, "D", "above it a bound of the distance is enough")
      .range(0, 1e6);
  c.option("--mces-random", &options->mces_random, "N", "candidates per pool that estimate MCES@1 of random ranking")
      .range(1, 1e6);
  c.option("-o,--output", &options->output, "FILE.json", "the report; - is standard output");
  c.option("--per-query", &options->per_query, "FILE.tsv", "outcome of every query");
  c.option("--seed", &options->seed, "N", "of the bootstrap, of --cap, of --control and of --mces-random");
  c.option("--resamples", &options->resamples, "N", "of the bootstrap").range(1, 1e6);
  c.on_run([options](const Context& context) { return run_evaluate(*options, context); });
}

}  // namespace molbridge::cli
