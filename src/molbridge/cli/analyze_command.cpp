#include "molbridge/cli/commands.hpp"
#include "molbridge/service/analysis.hpp"
#include "molbridge/service/run_report.hpp"

namespace molbridge::cli {
namespace {

int finish(const service::Analysis& analysis, const service::AnalysisOutput& output, const Context& context) {
  service::write_analysis(analysis, output);
  for (const std::string& remark : analysis.remarks) context.say(remark);
  if (output.output != "-") context.say("table: " + output.output);
  if (!output.figure.empty()) context.say("figure: " + output.figure);
  return analysis.skipped == 0 ? 0 : 1;
}

void add_output_options(Command& c, service::AnalysisOutput& output) {
  c.option("-o,--output", &output.output, "FILE", "the table; - is standard output");
  c.option("--format", &output.format, "FORMAT", "tsv: the main table; json: all tables and how they were made")
      .choices({"tsv", "json"});
  c.option("--figure", &output.figure, "FILE", "the figure, .svg or .png");
}

void add_pool_options(Command& c, service::EvaluateOptions& options) {
  options.stages = "1";  // analyses are about cosines
  c.option("--spectra", &options.spectra, "FILE", "spectra with known structures; repeatable").required();
  c.option("--bank", &options.bank, "DIR", "bank that gives the pools");
  c.option("--pool", &options.pool, "KIND", "formula: molecules of the same formula; ppm: of the same mass")
      .choices({"formula", "ppm"});
  c.option("--ppm", &options.ppm, "PPM", "width of mass pools, relative to the mass of the truth").range(0, 1e6);
  c.option("--candidates", &options.candidates, "FILE.json",
           "candidate lists by SMILES or id (MassSpecGym), instead of a bank");
  c.flag("--first-is-truth", &options.first_is_truth,
         "spectra without SMILES take the first candidate of their list as truth");
}

void add_bootstrap_options(Command& c, std::uint64_t& seed, int& resamples) {
  c.option("--seed", &seed, "N", "of the bootstrap, and of what is drawn");
  c.option("--resamples", &resamples, "N", "of the bootstrap").range(1, 1e6);
}

/// For analyses of tables, which compute on one thread. `arguments` have options and output.
template <typename Arguments, typename Analyze>
void on_run_single_threaded(Command& c, std::shared_ptr<Arguments> arguments, Analyze analyze) {
  c.on_run(
      [arguments, analyze](const Context& context) {
        service::check_output(arguments->output);
        return finish(analyze(arguments->options), arguments->output, context);
      },
      {.threads = false});
}

struct PoolSizeArguments {
  service::PoolSizeOptions options;
  service::AnalysisOutput output;
};

int run_pool_size(PoolSizeArguments arguments, const Context& context) {
  service::check_output(arguments.output);
  arguments.options.evaluation.threads = context.threads;
  if (arguments.options.caps.empty()) arguments.options.caps = service::PoolSizeOptions{}.caps;
  return finish(service::analyze_pool_size(arguments.options, *context.progress), arguments.output, context);
}

void add_pool_size(Command& group) {
  auto arguments = std::make_shared<PoolSizeArguments>();
  service::PoolSizeOptions& options = arguments->options;
  options.caps.clear();  // a list that is given must replace the usual one
  Command& c = group.add("pool-size", "Recall and MRR with pools cut at 128, 256, 512, 1024 molecules, and uncut.",
                         "molbridge analyze pool-size --spectra held-out.mgf --model my-model --bank my-bank --pool "
                         "formula --figure figure2.svg");
  c.details(
      "Each cap is drawn several times (evaluate --cap N --seed S gives one of the draws); the interval is by "
      "compound, sd_of_draws is "
      "the spread between draws, expected is the exact mean over all draws there could be.");
  add_pool_options(c, options.evaluation);
  c.option("--model", &options.evaluation.model, "DIR", "model folder; default: the shipped model");
  c.option("--cap", &options.caps, "N",
           "molecules per pool at most, the truth included, or all; repeatable; default: 128, 256, 512, 1024, all");
  c.option("--draws", &options.seeds, "N", "draws of each cap, with the seeds --seed, --seed + 1, ...").range(1, 1000);
  add_bootstrap_options(c, options.evaluation.seed, options.evaluation.resamples);
  add_output_options(c, arguments->output);
  c.on_run([arguments](const Context& context) { return run_pool_size(*arguments, context); });
}

struct HardnessArguments {
  service::HardnessOptions options;
  std::optional<std::string> model;
  service::AnalysisOutput output;
};

int run_hardness(HardnessArguments arguments, const Context& context) {
  service::check_output(arguments.output);
  arguments.options.evaluation.threads = context.threads;
  arguments.options.with_model = arguments.model.has_value();
  arguments.options.evaluation.model = arguments.model.value_or("");
  return finish(service::analyze_hardness(arguments.options, *context.progress), arguments.output, context);
}

void add_hardness(Command& group) {
  auto arguments = std::make_shared<HardnessArguments>();
  service::HardnessOptions& options = arguments->options;
  Command& c = group.add("hardness", "How near the nearest decoy of each pool is to the truth, by structure.",
                         "molbridge analyze hardness --spectra held-out.mgf --bank my-bank --pool formula --figure "
                         "figure5.svg");
  c.details(
      "The largest Tanimoto (Morgan radius 2, 4096 bits) between the truth and its decoys, one pool per compound. It "
      "needs no model; "
      "with one, recall is given by hardness too (--format json, --figure).");
  add_pool_options(c, options.evaluation);
  c.option("--model", &arguments->model, "DIR", "model folder, for recall by hardness; default: none");
  c.option("--threshold", &options.threshold, "T", "decoys above it are hard").range(0, 1);
  add_bootstrap_options(c, options.evaluation.seed, options.evaluation.resamples);
  add_output_options(c, arguments->output);
  c.on_run([arguments](const Context& context) { return run_hardness(*arguments, context); });
}

struct SeparationArguments {
  service::EvaluateOptions options;
  service::AnalysisOutput output;
};

int run_separation(SeparationArguments arguments, const Context& context) {
  service::check_output(arguments.output);
  arguments.options.threads = context.threads;
  return finish(service::analyze_separation(arguments.options, *context.progress), arguments.output, context);
}

void add_separation(Command& group) {
  auto arguments = std::make_shared<SeparationArguments>();
  Command& c = group.add("separation", "Cosine of queries with their truth and with other candidates, and the margin.",
                         "molbridge analyze separation --spectra held-out.mgf --model my-model --bank my-bank --pool "
                         "formula --figure figure4.svg");
  c.details(
      "Every compound counts once, whatever its number of spectra and the size of its pool. auc_within_pool is the "
      "share of the other "
      "candidates of the same pool below the truth, ties counted against it.");
  add_pool_options(c, arguments->options);
  c.option("--model", &arguments->options.model, "DIR", "model folder; default: the shipped model");
  add_bootstrap_options(c, arguments->options.seed, arguments->options.resamples);
  add_output_options(c, arguments->output);
  c.on_run([arguments](const Context& context) { return run_separation(*arguments, context); });
}

struct CompareArguments {
  service::CompareOptions options;
  service::AnalysisOutput output;
};

void add_compare(Command& group) {
  auto arguments = std::make_shared<CompareArguments>();
  service::CompareOptions& options = arguments->options;
  Command& c = group.add("compare", "Several models on the same queries: a table of figures and paired differences.",
                         "molbridge analyze compare full.tsv frozen.tsv xavier.tsv --figure ablation.svg");
  c.details(
      "The files are those of evaluate --per-query. Differences are from the baseline, by compound, with a bootstrap "
      "interval that draws "
      "the same compounds for both models. MCES@1 stands where every file has it.");
  c.inputs("FILE", &options.files, "tables of evaluate --per-query");
  c.option("--label", &options.labels, "TEXT",
           "name of a model; one per file, in their order; default: the file's name");
  c.option("--baseline", &options.baseline, "LABEL", "what differences are from; default: the first");
  c.option("--mces-threshold", &options.mces_threshold, "D", "what a query without a distance counts as").range(0, 1e6);
  add_bootstrap_options(c, options.seed, options.resamples);
  add_output_options(c, arguments->output);
  on_run_single_threaded(c, arguments, service::compare_models);
}

struct CalibrationArguments {
  service::CalibrationAnalysisOptions options;
  service::AnalysisOutput output;
};

void add_calibration(Command& group) {
  auto arguments = std::make_shared<CalibrationArguments>();
  service::CalibrationAnalysisOptions& options = arguments->options;
  Command& c =
      group.add("calibration", "Are stated probabilities true? Reliability curves, calibration error, q-values.",
                "molbridge analyze calibration per-query.tsv --figure reliability.svg --format json");
  c.details(
      "The files are those of evaluate --per-query with a model of two stages. TSV shows expected calibration error, "
      "Brier score and "
      "log loss with intervals by compound; JSON has the bins of the reliability curves and, by q-value, the promised "
      "and the realised "
      "share of wrong answers too.");
  c.inputs("FILE", &options.files, "tables of evaluate --per-query");
  c.option("--label", &options.labels, "TEXT", "name of a model; one per file, in their order; default: the file");
  c.option("--bins", &options.calibration.bins, "N", "of the reliability curves").range(1, 1000);
  add_bootstrap_options(c, options.calibration.seed, options.calibration.resamples);
  add_output_options(c, arguments->output);
  on_run_single_threaded(c, arguments, service::analyze_calibration);
}

struct StabilityArguments {
  service::StabilityOptions options;
  service::AnalysisOutput output;
};

void add_stability(Command& group) {
  auto arguments = std::make_shared<StabilityArguments>();
  service::StabilityOptions& options = arguments->options;
  Command& c = group.add(
      "stability", "How smoothly a validation metric rose in training runs of several objectives.",
      "molbridge analyze stability runs/a1 runs/c1 --label alignment --label contrastive --figure figure3.svg");
  c.details(
      "Final and best value, largest drop between consecutive validations, mean absolute change, share of drops. Runs "
      "of one label are "
      "seeds of one objective; --format json has their means too.");
  c.inputs("RUN", &options.runs, "folders that molbridge train wrote");
  c.option("--label", &options.labels, "TEXT", "objective of a run; one per run, in their order; default: the folder");
  c.option("--metric", &options.metric, "NAME", "column of validation.tsv or metrics.tsv");
  c.option("--x", &options.x, "AXIS", "over what").choices({"step", "epoch", "seconds"});
  add_output_options(c, arguments->output);
  on_run_single_threaded(c, arguments, service::analyze_stability);
}

}  // namespace

void add_analyze_command(Command& parent) {
  Command& group =
      parent.add("analyze", "Pool size, hardness, separation, comparison of models, stability of training.",
                 "molbridge analyze separation --spectra held-out.mgf --model my-model --bank my-bank "
                 "--pool formula --figure figure4.svg");
  add_pool_size(group);
  add_hardness(group);
  add_separation(group);
  add_compare(group);
  add_calibration(group);
  add_stability(group);
}

}  // namespace molbridge::cli
