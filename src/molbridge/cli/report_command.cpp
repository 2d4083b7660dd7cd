#include "molbridge/cli/commands.hpp"
#include "molbridge/service/run_report.hpp"

namespace molbridge::cli {
namespace {

struct Arguments {
  service::RunReportOptions options;
  std::string figure;
  std::string format = "tsv";
};

int run_report(const Arguments& arguments, const Context& context) {
  const service::AnalysisOutput output{"-", arguments.format, arguments.figure};
  service::check_output(output);
  service::write_analysis(service::report_runs(arguments.options), output);
  if (!arguments.figure.empty()) context.say("figure: " + arguments.figure);
  return 0;
}

}  // namespace

void add_report_command(Command& parent) {
  auto arguments = std::make_shared<Arguments>();
  service::RunReportOptions& options = arguments->options;
  Command& c = parent.add("report", "Draws the curves of training runs, and lists their best values.",
                          "molbridge report runs/alignment runs/contrastive --metric validation.mrr -o figure3.svg");
  c.details(
      "A run may still be going: its files are read to the last whole row. Without --metric there is a panel for each "
      "column of metrics.tsv "
      "and validation.tsv. The table goes to standard output: first, last and best value of every curve.");
  c.inputs("RUN", &options.runs, "folders that molbridge train or pretrain wrote");
  c.option("-o,--output", &arguments->figure, "FILE", "the figure, .svg or .png; without it there is only the table");
  c.option("--metric", &options.metrics, "NAME",
           "column to draw, e.g. loss, learning_rate, validation.mrr; repeatable; default: all");
  c.option("--label", &options.labels, "TEXT", "name of a run in the legend; one per run, in their order");
  c.option("--x", &options.x, "AXIS", "over what").choices({"step", "epoch", "seconds"});
  c.option("--smooth", &options.smooth, "ROWS",
           "mean over ROWS rows of metrics.tsv around each, the raw curve behind it")
      .range(1, 1e6);
  c.option("--log", &options.log, "NAME", "metric with a logarithmic axis; repeatable");
  c.option("--format", &arguments->format, "FORMAT", "of the table").choices({"tsv", "json"});
  c.on_run([arguments](const Context& context) { return run_report(*arguments, context); }, {.threads = false});
}

}  // namespace molbridge::cli
