#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/split.hpp"

namespace molbridge::cli {
namespace {

struct SplitArguments {
  service::SplitOptions split;
  bool check = false;
  std::string fold_column = "fold";
};

void say_folds(const std::vector<service::FoldCount>& folds, const Context& context) {
  for (const auto& fold : folds) {
    const std::string groups = fold.groups > 0 ? fmt::format(" in {} groups", format_count(fold.groups)) : "";
    context.say(fmt::format("{}: {} records, {} molecules{}", fold.fold, format_count(fold.records),
                            format_count(fold.molecules), groups));
  }
}

int run_check(const SplitArguments& arguments, const Context& context) {
  const service::SplitOptions& given = arguments.split;
  const service::SplitCheckReport report = service::check_split({.inputs = given.inputs,
                                                                 .kind = given.kind,
                                                                 .smiles_column = given.smiles_column,
                                                                 .fold_column = arguments.fold_column,
                                                                 .by = given.by,
                                                                 .mces_cut = given.mces_cut,
                                                                 .output = given.output,
                                                                 .threads = context.threads},
                                                                *context.progress);
  say_folds(report.folds, context);
  if (report.without_structure > 0)
    context.say(fmt::format("{} records name no usable structure", format_count(report.without_structure)));
  if (report.without_fold > 0) context.say(fmt::format("{} records name no fold", format_count(report.without_fold)));
  context.say(report.disjoint() ? "the folds are disjoint" : "the folds are NOT disjoint");
  return report.disjoint() ? 0 : 1;
}

int run_split(const SplitArguments& arguments, const Context& context) {
  if (arguments.check) return run_check(arguments, context);
  service::SplitOptions options = arguments.split;
  if (options.by.empty()) {
    throw Error(ErrorCode::kUsage, "--by is missing")
        .remedy("say what no two folds may share: --by formula, inchikey, scaffold, mces or murcko-histogram");
  }
  options.threads = context.threads;
  const service::SplitReport report = service::split(options, *context.progress);
  for (const auto& group : report.reasons) {
    context.say(fmt::format("without fold {}: {}\n  first: {}", format_count(group.count), group.reason, group.where));
  }
  say_folds(report.folds, context);
  context.say(fmt::format(
      "{} groups, the largest of {} molecules; {} of {} records without fold; checked: the folds are disjoint",
      format_count(report.groups), format_count(report.largest_group), format_count(report.without_fold),
      format_count(report.records)));
  if (report.undecided > 0) {
    context.say(fmt::format("{} pairs could not be decided and were kept together", format_count(report.undecided)));
  }
  for (const std::string& file : report.files) context.say("wrote " + file);
  return report.without_fold > 0 ? 1 : 0;
}

}  // namespace

void add_split_command(Command& parent) {
  auto arguments = std::make_shared<SplitArguments>();
  service::SplitOptions& options = arguments->split;
  Command& c = parent.add(
      "split", "Parts spectra or molecules into folds that share no formula, molecule, scaffold or near structure.",
      "molbridge split spectra.mgf --by mces --shares 0.8,0.1,0.1 -o folds.tsv");
  c.details(
      "Molecules are standardised and judged by their InChIKey first block; groups that may not be parted go to one "
      "fold whole. mces links "
      "all molecules closer than the cut (single linkage, exact). murcko-histogram is the split of DreaMS and knows no "
      "seed. The result is "
      "checked before it is written. With --check, files (one per fold), or one file with a field or column \"fold\", "
      "are judged by every "
      "definition instead, or by that of --by; the exit code is 1 if they share anything.");
  c.inputs("INPUT", &options.inputs, "spectra of any format, or structure tables (SMILES, CSV, TSV, SDF)");
  c.option("--by", &options.by, "KIND", "formula, inchikey, scaffold, mces or murcko-histogram");
  c.option("--shares", &options.shares, "LIST", "of the molecules: train, val, test; two numbers: train, test");
  c.option("--seed", &options.seed, "N", "of the order of groups of one size");
  c.option("--mces-cut", &options.mces_cut, "DISTANCE", "molecules closer than this stay together");
  c.option("-o,--output", &options.output, "FILE.tsv",
           "fold of every record, or the verdicts of --check; - is standard output");
  c.option("--write", &options.write_prefix, "PREFIX", "also write PREFIX.train.mgf and so on (.tsv for structures)");
  c.option("--kind", &options.kind, "KIND", "of the inputs; auto looks at the content")
      .choices({"auto", "spectra", "molecules"});
  c.option("--smiles-column", &options.smiles_column, "NAME", "column of a table that holds the structures");
  c.flag("--check", &arguments->check, "judge given folds instead of making some");
  c.option("--fold-column", &arguments->fold_column, "NAME", "column with the folds, for --check of one table");
  c.on_run([arguments](const Context& context) { return run_split(*arguments, context); });
}

}  // namespace molbridge::cli
