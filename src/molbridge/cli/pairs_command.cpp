#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/pairs.hpp"

namespace molbridge::cli {
namespace {

/// What the parsed options of a command become. `where`: as given.
corpus::PairReadOptions with_filters(corpus::PairReadOptions reading, const std::vector<std::string>& where) {
  for (const std::string& filter : where) reading.where.push_back(corpus::parse_row_filter(filter));
  return reading;
}

void add_reading_options(Command& c, corpus::PairReadOptions& reading, std::vector<std::string>& where) {
  c.option("--text-column", &reading.text_column, "NAME", "column of the texts; default: found by its usual names");
  c.option("--smiles-column", &reading.smiles_column, "NAME", "column of the structures");
  c.option("--target-column", &reading.target_column, "NAME", "column of what the text speaks of: a target, a class");
  c.option("--name-column", &reading.name_column, "NAME", "column of the molecule's name");
  c.option("--id-column", &reading.id_column, "NAME", "column of the identifier");
  c.option("--where", &where, "COLUMN=VALUE", "read only such rows; COLUMN!=VALUE leaves them out; repeatable");
}

struct InfoArguments {
  service::PairsInfoOptions options;
  std::vector<std::string> where;
  std::string format = "text";
};

int run_info(const InfoArguments& arguments, const Context& context) {
  service::PairsInfoOptions options = arguments.options;
  options.reading = with_filters(options.reading, arguments.where);
  options.threads = context.threads;
  const service::PairsInfoReport report = service::describe_pairs(options, *context.progress);
  print_result(arguments.format == "json" ? service::to_json(report) : service::to_text(report));
  return report.reading.skipped == 0 ? 0 : 1;
}

void add_info(Command& pairs) {
  auto arguments = std::make_shared<InfoArguments>();
  Command& c = pairs.add("info", "Says what is in a table of molecules with texts, and what is wrong with it.",
                         "molbridge pairs info drug_target.tsv.gz --fold fold_scaffold");
  c.details(
      "Counts rows, molecules, texts and targets, texts that several molecules share, names that were left in the text "
      "of their own molecule, and what stands in more than one fold. Exit code 1 if rows were skipped.");
  c.positional("FILE", &arguments->options.pairs, "TSV or CSV with a header, plain or .gz");
  c.option("--fold", &arguments->options.fold, "COLUMN",
           "column of the folds, or COLUMN=VALUE for the rows of one fold");
  add_reading_options(c, arguments->options.reading, arguments->where);
  c.option("--format", &arguments->format, "FORMAT", "how to print").choices({"text", "json"});
  c.on_run([arguments](const Context& context) { return run_info(*arguments, context); });
}

std::string ceiling_text(const service::PairMeasure& measure, const std::string& name) {
  for (const auto& [figure, ceiling] : measure.ceilings) {
    if (figure == name && ceiling < 100) return fmt::format("  at most {:.2f}", ceiling);
  }
  return "";
}

void say_scorer(const service::PairScorerReport& scorer, const Context& context) {
  context.say(fmt::format("{}: {}", scorer.name, scorer.description));
  for (const auto& group : scorer.skip_reasons)
    context.say(fmt::format("  {} texts skipped (misses): {}", format_count(group.count), group.reason));
  if (scorer.truncated > 0)
    context.say(fmt::format("  {} texts are longer than the encoder reads", format_count(scorer.truncated)));
  for (const service::PairMeasure& measure : scorer.measures) {
    const auto& summary = measure.summary;
    context.say(fmt::format("  {} {} ({} queries of {} molecules, {:.1f} right of {:.1f})",
                            service::direction(measure.kind), service::judgement(measure.kind),
                            format_count(summary.queries), format_count(summary.clusters), summary.mean_right,
                            summary.mean_candidates));
    for (const auto& [name, figure] : summary.figures)
      context.say(fmt::format("    {:<14}{:>8.2f}{:>10.2f}   {:>6.2f} - {:<6.2f}{:>10.2f}{}", name, figure.by_query,
                              figure.by_cluster, figure.ci95_low, figure.ci95_high, figure.random,
                              ceiling_text(measure, name)));
  }
}

void say_reading(const service::PairReadingReport& reading, const Context& context) {
  if (reading.left_out > 0) context.say(format_count(reading.left_out) + " rows left out by --where");
  for (const auto& group : reading.skip_reasons)
    context.say(fmt::format("skipped {}: {}\n  first: {}", format_count(group.count), group.reason, group.where));
  if (reading.not_utf8.count > 0)
    context.say(fmt::format("{} rows are not UTF-8 and were read as Latin-1; first: line {}",
                            format_count(reading.not_utf8.count), reading.not_utf8.first_line));
  if (reading.key_mismatch.count > 0)
    context.say(fmt::format("{} rows state another InChIKey than their structure has; first: line {}",
                            format_count(reading.key_mismatch.count), reading.key_mismatch.first_line));
}

struct EvaluateArguments {
  service::PairsEvaluateOptions options;
  std::vector<std::string> where;
};

int run_evaluate(const EvaluateArguments& arguments, const Context& context) {
  service::PairsEvaluateOptions options = arguments.options;
  options.reading = with_filters(options.reading, arguments.where);
  options.threads = context.threads;
  const service::PairsEvaluateReport report = service::evaluate_pairs(options, *context.progress);
  say_reading(report.reading, context);
  context.say(fmt::format("{} queries; {} molecules ({} decoys) and {} texts to choose from",
                          format_count(report.queries), format_count(report.gallery_molecules),
                          format_count(report.decoys), format_count(report.gallery_texts)));
  if (report.training_overlap > 0)
    context.say(fmt::format("warning: the very pair of {} queries is among the {} training pairs of the baselines",
                            format_count(report.training_overlap), format_count(report.training_pairs)));
  if (report.queries_in_training > 0)
    context.say(fmt::format("{} queries are of molecules that the model was trained on",
                            format_count(report.queries_in_training)));
  context.say(fmt::format("    {:<14}{:>8}{:>10}   {:<15}{:>10}", "percent", "by query", "molecule", "95 % interval",
                          "random"));
  for (const auto& scorer : report.scorers) say_scorer(scorer, context);
  if (options.output != "-") context.say("report: " + options.output);
  return report.reading.skipped == 0 ? 0 : 1;
}

void add_evaluate(Command& pairs) {
  auto owned = std::make_shared<EvaluateArguments>();
  service::PairsEvaluateOptions& options = owned->options;
  Command& c =
      pairs.add("evaluate", "Measures how well texts find their molecules, and molecules their texts.",
                "molbridge pairs evaluate pairs.tsv.gz --model my-text-model --fold fold_scaffold=val -o report.json");
  c.details(
      "Both directions, with one right answer, with all that share a text, and by target; ties and skipped texts count "
      "against the model. Beside each figure stand its interval over molecules and what random order gives; "
      "baselines are ranked in the same gallery.");
  c.positional("FILE", &options.pairs, "TSV or CSV with a header, plain or .gz");
  c.option("--model", &options.model, "DIR", "folder of a text model; without one the baselines alone are measured");
  c.option("--fold", &options.fold, "COLUMN=VALUE", "rows that ask, e.g. fold_scaffold=val; default: all");
  c.option("--gallery", &options.gallery, "WHICH", "what is ranked: molecules and texts of the fold, or of all rows")
      .choices({"fold", "all"});
  c.option("--decoys", &options.decoys, "BANK", "bank of further molecules for the gallery");
  c.option("--num-decoys", &options.num_decoys, "N", "how many of them, drawn by --seed").range(0, 1e8);
  c.option("--baseline", &options.baselines, "NAME",
           "popularity, nearest (frozen encoders without bridge) or shuffled (texts of the model); repeatable");
  c.option("--train", &options.train, "FILE", "training pairs of the baselines; default: FILE");
  c.option("--train-fold", &options.train_fold, "COLUMN=VALUE",
           "rows of --train; a value alone is of the column of --fold; empty: all");
  c.option("--text-encoder", &options.text_encoder, "SPEC",
           "folder of the model's text encoder where it lies elsewhere; also that of nearest; default there: TF-IDF");
  add_reading_options(c, options.reading, owned->where);
  c.option("--cache", &options.cache, "DIR", "where vectors are kept between runs; default: as model pull");
  c.option("-o,--output", &options.output, "FILE.json", "the report; - is standard output");
  c.option("--per-query", &options.per_query, "FILE.tsv", "ranks of every query by every scorer");
  c.option("--seed", &options.seed, "N", "of the bootstrap, the decoys and the shuffling");
  c.option("--resamples", &options.resamples, "N", "of the bootstrap").range(1, 1e6);
  c.on_run([owned](const Context& context) { return run_evaluate(*owned, context); });
}

int run_import(service::PairsImportOptions options, const Context& context) {
  options.threads = context.threads;
  const service::PairsImportReport report = service::import_pairs(options, *context.progress);
  for (const auto& group : report.skipped)
    context.say(fmt::format("skipped {}: {}\n  first: {}", format_count(group.count), group.reason, group.where));
  context.say(fmt::format("{} rows: {} pairs of {} molecules and {} targets, {} merged, {} skipped; {} texts masked",
                          format_count(report.rows), format_count(report.written), format_count(report.molecules),
                          format_count(report.targets), format_count(report.merged), format_count(report.num_skipped),
                          format_count(report.masked)));
  if (options.output != "-") context.say("next: molbridge pairs info " + options.output + " --fold fold_scaffold");
  return report.num_skipped == 0 ? 0 : 1;
}

void add_import(Command& pairs) {
  const std::string example =
      "molbridge pairs import chembl mechanisms.csv --molecules molecules.csv --targets targets.csv -o pairs.tsv";
  Command& import = pairs.add("import", "Makes pairs of a published table.", example);
  auto options = std::make_shared<service::PairsImportOptions>();
  Command& c = import.add("chembl", "Makes pairs of ChEMBL's drug mechanisms.", example);
  c.details(
      "Reads exports of the web page (semicolons), of the tables (CSV, TSV), and pages of the web API (JSON). A text "
      "says mechanism, target, organism and action, with all names of its drug masked. Drugs without structure are "
      "counted and skipped; exit code 1 if any row was.");
  c.inputs("MECHANISMS", &options->mechanisms, "drug mechanisms; several pages are one table");
  c.option("--molecules", &options->molecules, "FILE",
           "structures and names of the drugs, where the mechanisms have none; repeatable");
  c.option("--targets", &options->targets, "FILE", "names of the targets; repeatable");
  c.option("-o,--output", &options->output, "FILE.tsv", "the pairs; - is standard output");
  c.on_run([options](const Context& context) { return run_import(*options, context); });
}

}  // namespace

void add_pairs_command(Command& parent) {
  Command& pairs = parent.add("pairs", "Describes, imports and evaluates pairs of molecules and texts.",
                              "molbridge pairs info drug_target.tsv.gz --fold fold_scaffold");
  add_info(pairs);
  add_import(pairs);
  add_evaluate(pairs);
}

}  // namespace molbridge::cli
