#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/audit.hpp"
#include "molbridge/service/audit_report.hpp"

namespace molbridge::cli {
namespace {

int run_audit(service::AuditOptions options, const Context& context) {
  options.threads = context.threads;
  const service::AuditReport report = service::audit(options, *context.progress);
  context.say(
      fmt::format("{} queries of {} compounds with a list, {} distinct candidates; {} spectra without structure",
                  format_count(report.queries), format_count(report.compounds), format_count(report.candidates),
                  format_count(report.unlabelled)));
  for (const auto& [reason, count] : report.skip_reasons)
    context.say(fmt::format("skipped {}: {}", format_count(count), reason));
  if (options.output != "-") print_result(service::audit_text(report));
  if (!options.output.empty() && options.output != "-") context.say("report: " + options.output);
  return report.count(eval::Verdict::kLeak) == 0 ? 0 : 1;
}

}  // namespace

void add_audit_command(Command& parent) {
  auto options = std::make_shared<service::AuditOptions>();
  Command& c = parent.add(
      "audit", "Looks for leaks in spectra and candidate lists: rules that find the truth without a spectrum.",
      "molbridge audit --spectra MassSpecGym.tsv --candidates candidates.json --model my-model "
      "--train train.mgf -o audit.json");
  c.details(
      "Every check has its figure beside chance with an interval by compound, a verdict (ok, prior, suspicious, LEAK, "
      "not run) and what decides it. Exit code 0: no leak; 1: at least one. What the checks mean: docs/audit.md.");
  c.option("--spectra", &options->spectra, "FILE", "spectra with known structures; repeatable").required();
  c.option("--candidates", &options->candidates, "FILE.json",
           "candidate lists by SMILES or id, as they are to be used");
  c.flag("--first-is-truth", &options->first_is_truth,
         "spectra without SMILES take the first candidate of their list as truth");
  c.option("--bank", &options->bank, "DIR", "bank that gives the lists, instead of a file");
  c.option("--pool", &options->pool, "KIND", "formula: molecules of the same formula; ppm: of the same mass")
      .choices({"formula", "ppm"});
  c.option("--ppm", &options->ppm, "PPM", "width of mass pools, relative to the mass of the truth").range(0, 1e6);
  c.option("--model", &options->model, "DIR", "model folder, for queries that have nothing to do with the list");
  c.option("--train", &options->train, "FILE", "spectra the model was trained on; repeatable");
  c.option("-o,--output", &options->output, "FILE.json", "the report; - is standard output, instead of the table");
  c.option("--per-query", &options->per_query, "FILE.tsv", "a row per compound that has a list");
  c.option("--seed", &options->seed, "N", "of bootstrap, folds and permutations");
  c.option("--resamples", &options->resamples, "N", "of the bootstrap").range(1, 1e6);
  c.option("--permutations", &options->permutations, "N", "of spectra among compounds").range(1, 1000);
  c.on_run([options](const Context& context) { return run_audit(*options, context); });
}

}  // namespace molbridge::cli
