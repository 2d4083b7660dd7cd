#include <fmt/format.h>

#include <limits>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/mces.hpp"

namespace molbridge::cli {
namespace {

struct McesArguments {
  std::vector<std::string> inputs;
  service::MeasureMcesOptions measure;
  bool exact = false;
};

int run_mces(const McesArguments& arguments, const Context& context) {
  service::MeasureMcesOptions options = arguments.measure;
  options.threads = context.threads;
  if (arguments.exact) options.mces.threshold = std::numeric_limits<double>::infinity();
  if (arguments.inputs.size() == 1) {
    options.pairs = arguments.inputs[0];
  } else if (arguments.inputs.size() == 2) {
    options.smiles_a = arguments.inputs[0];
    options.smiles_b = arguments.inputs[1];
  } else {
    throw Error(ErrorCode::kUsage, fmt::format("{} inputs are given", arguments.inputs.size()))
        .remedy("give one table of pairs, or two SMILES");
  }
  const service::MeasureMcesReport report = service::measure_mces(options, *context.progress);
  if (report.failed > 0) context.say("not measured: " + report.first_failure);
  if (report.timed_out > 0)
    context.say(
        fmt::format("{} pairs ran out of time; their values are bounds from above", format_count(report.timed_out)));
  if (!options.pairs.empty()) {
    context.say(fmt::format("{} pairs: {} measured, {} failed", format_count(report.pairs),
                            format_count(report.pairs - report.failed), format_count(report.failed)));
  }
  return report.failed > 0 ? 1 : 0;
}

}  // namespace

void add_mces_command(Command& parent) {
  auto arguments = std::make_shared<McesArguments>();
  Command& c = parent.add("mces", "Measures the myopic MCES distance of pairs of molecules.", "molbridge mces CCO COC");
  c.details(
      "The distance is what remains of the bonds of two molecules, weighted by order, without their best common edge "
      "subgraph. Below the "
      "threshold it is exact (kind exact); a bound above the threshold is given as it is (lower_bound); what search "
      "proves to be at least "
      "the threshold gets the threshold (threshold). The first two columns of a table are SMILES; all its columns are "
      "kept. The exit code "
      "is 1 when a row has no distance.");
  c.inputs("INPUT", &arguments->inputs, "two SMILES, or a table (TSV, CSV) of pairs; - is standard input");
  c.option("-o,--output", &arguments->measure.output, "FILE.tsv", "where to write; - is standard output");
  c.option("--threshold", &arguments->measure.mces.threshold, "DISTANCE", "distances from here on are not told apart");
  c.flag("--exact", &arguments->exact,
         "no threshold: every distance is exact, which may take long for molecules that have little in common");
  c.option("--solver-seconds", &arguments->measure.mces.solver_seconds, "SECONDS",
           "time for the integer program of a pair that our own search cannot end; 0 leaves it out")
      .range(0, 1e9);
  c.on_run([arguments](const Context& context) { return run_mces(*arguments, context); });
}

}  // namespace molbridge::cli
