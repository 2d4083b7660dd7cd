#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/pool_export.hpp"

namespace molbridge::cli {
namespace {

int run_pools(service::PoolExportOptions options, const Context& context) {
  options.threads = context.threads;
  const service::PoolExportReport report = service::export_pools(options, *context.progress);
  context.say(fmt::format("{} pools of {} molecules in all; the truth was added to {} of them",
                          format_count(report.compounds), format_count(report.molecules),
                          format_count(report.truth_added)));
  if (report.unusable > 0) context.say(fmt::format("{} records could not be used", format_count(report.unusable)));
  if (options.output != "-") context.say("next: molbridge evaluate --candidates " + options.output);
  return report.unusable == 0 ? 0 : 1;
}

}  // namespace

void add_pools_command(Command& parent) {
  auto options = std::make_shared<service::PoolExportOptions>();
  Command& c =
      parent.add("pools", "Writes the candidate pools of known spectra, to evaluate any model on the same ones.",
                 "molbridge pools --spectra held-out.mgf --bank my-bank --pool formula -o pools.json");
  c.details(
      "The file is what 'molbridge evaluate --candidates' reads: for every compound of the spectra its standardised "
      "SMILES with a "
      "shuffled list of candidates in the same spelling, the truth among them. It gives the ranks of evaluating with "
      "the bank.");
  c.option("--spectra", &options->spectra, "FILE", "spectra with known structures; repeatable").required();
  c.option("--bank", &options->bank, "DIR", "bank that gives the pools").required();
  c.option("--pool", &options->pool, "KIND", "formula: molecules of the same formula; ppm: of the same mass")
      .choices({"formula", "ppm"})
      .required();
  c.option("--ppm", &options->ppm, "PPM", "half width of mass pools, relative to the mass of the truth").range(0, 1e6);
  c.option("--cap", &options->cap, "N", "molecules per pool at most, the truth included, drawn by --seed; default: all")
      .range(0, 1e9);
  c.option("--seed", &options->seed, "N", "of --cap and of the order of the lists");
  c.option("-o,--output", &options->output, "FILE.json", "the pools; - is standard output");
  c.on_run([options](const Context& context) { return run_pools(*options, context); });
}

}  // namespace molbridge::cli
