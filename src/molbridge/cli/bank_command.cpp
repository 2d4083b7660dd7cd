#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/bank_build.hpp"
#include "molbridge/service/bank_info.hpp"
#include "molbridge/service/bank_search.hpp"
#include "molbridge/service/output.hpp"
#include "molbridge/service/resource_usage.hpp"

namespace molbridge::cli {
namespace {

struct BuildArguments {
  service::BankBuildOptions options;
  ByteSize memory{std::uint64_t{1} << 30};
};

void say_built(const service::BankBuildReport& report, const std::string& folder, const Context& context) {
  context.say(fmt::format("{} rows read: {} parsed, {} rejected; {} merged, {} molecules written ({})",
                          format_count(report.read), format_count(report.parsed), format_count(report.rejected),
                          format_count(report.merged), format_count(report.written), report.dtype));
  if (report.left_out > 0)
    context.say(format_count(report.left_out) + " molecules were left out, as no spectrum named needs them");
  if (report.rejected > 0) context.say("rejected rows with line numbers and reasons: " + report.rejected_file);
  context.say(fmt::format("{} in {}: {:.0f} molecules/s, peak memory {}", folder, format_duration(report.seconds),
                          report.rows_per_second, service::format_bytes(service::peak_memory_bytes())));
  context.say("next: molbridge identify SPECTRA --bank " + folder);
}

int run_build(const BuildArguments& arguments, const Context& context) {
  service::BankBuildOptions options = arguments.options;
  options.memory_bytes = arguments.memory.bytes;
  options.threads = context.threads;
  const auto say = [&context](const std::string& line) { context.say(line); };
  const service::BankBuildReport report = service::build_bank(options, *context.progress, say);
  say_built(report, options.output, context);
  return report.rejected == 0 ? 0 : 1;
}

void add_build(Command& bank) {
  auto arguments = std::make_shared<BuildArguments>();
  service::BankBuildOptions& options = arguments->options;
  Command& c =
      bank.add("build", "Makes a bank from lists of molecules.", "molbridge bank build molecules.tsv -o my-bank");
  c.details(
      "Every molecule is standardised (largest fragment, neutral, no stereo), keyed by its InChIKey, and encoded. A "
      "row that cannot "
      "be read is listed in DIR/rejected.tsv with its line and reason, and the exit code is then 1. An interrupted "
      "build is "
      "continued by the same command.");
  c.inputs("MOLECULES", &options.molecules, "SMILES, CSV, TSV or SDF files, plain or .gz; - is standard input");
  c.option("-o,--output", &options.output, "DIR",
           "folder of the bank; a bank there is replaced when the new one is whole")
      .required();
  c.option("--encoder", &options.encoder, "SPEC",
           "what the rows are: ecfp4, morgan:radius=R,bits=N, or the folder of a SMILES network");
  c.option("--dtype", &options.dtype, "TYPE", "how rows are stored; auto is bits for fingerprints, else float16")
      .choices({"auto", "bits", "float32", "float16"});
  c.option("--smiles-column", &options.reading.smiles_column, "NAME",
           "column of the SMILES; default: found by its usual names");
  c.option("--name-column", &options.reading.name_column, "NAME", "column of the name");
  c.option("--id-column", &options.reading.id_column, "NAME", "column of the identifier");
  c.flag("--keep-stereo", &options.keep_stereo, "keep stereo in the stored SMILES (molecules still merge without it)");
  c.option("--formulas-of", &options.selection.formulas_of, "SPECTRA",
           "take only molecules with the formula of a structure in these spectra: the bank of their formula pools; "
           "repeatable");
  c.option("--window-of", &options.selection.window_of, "SPECTRA",
           "take only molecules within --ppm of the mass of a structure in these spectra; repeatable");
  c.option("--ppm", &options.selection.ppm, "PPM", "half width of the windows of --window-of").range(0, 1e6);
  c.option("--memory", &arguments->memory, "SIZE", "rows held before they are sorted to disk");
  c.option("--checkpoint-rows", &options.checkpoint_rows, "N",
           "make what was taken in safe against a kill after so many rows")
      .range(1, 1e9);
  c.flag("--restart", &options.restart, "start anew instead of continuing an unfinished build");
  c.on_run([arguments](const Context& context) { return run_build(*arguments, context); });
}

int run_info(const service::BankInfoOptions& options, const std::string& format, const Context& context) {
  const service::BankInfoReport report = service::describe_bank(options, *context.progress);
  print_result(format == "json" ? service::to_json(report) : service::to_text(report));
  return 0;
}

void add_info(Command& bank) {
  struct Arguments {
    service::BankInfoOptions options;
    std::string format = "text";
  };
  auto arguments = std::make_shared<Arguments>();
  Command& c = bank.add("info", "Says what is in a bank, and checks it.", "molbridge bank info my-bank --check");
  c.positional("DIR", &arguments->options.bank, "folder of the bank");
  c.flag("--check", &arguments->options.check, "read everything and verify digests, order and records");
  c.option("--format", &arguments->format, "FORMAT", "how to print").choices({"text", "json"});
  c.on_run([arguments](const Context& context) { return run_info(arguments->options, arguments->format, context); },
           {.threads = false});
}

struct SearchArguments {
  service::BankSearchOptions options;
  std::string format = "tsv";
  std::string output = "-";
};

int run_search(const SearchArguments& arguments, const Context& context) {
  const service::BankSearchReport report = service::search_bank(arguments.options);
  const auto output = service::open_output(arguments.output);
  output->write(arguments.format == "json" ? service::to_json(report) : service::to_tsv(report));
  output->commit();
  context.say(fmt::format("{} of {} fitting molecules shown", format_count(report.hits.size()),
                          format_count(report.num_candidates)));
  return 0;
}

void add_search(Command& bank) {
  auto arguments = std::make_shared<SearchArguments>();
  service::BankSearchOptions& options = arguments->options;
  Command& c = bank.add("search", "Finds molecules of a bank by structure, mass, formula or InChIKey.",
                        "molbridge bank search my-bank --smiles 'CN1C=NC2=C1C(=O)N(C)C(=O)N2C' --top-k 5");
  c.details(
      "A structure ranks the molecules by the cosine of their encodings, within the mass or formula if one is given "
      "too. "
      "Without a structure the nearest masses come first.");
  c.positional("DIR", &options.bank, "folder of the bank");
  c.option("--smiles", &options.smiles, "SMILES", "structure to rank by");
  c.option("--mass", &options.mass, "U", "monoisotopic mass of the neutral molecule").range(0, 1e6);
  c.option("--ppm", &options.ppm, "PPM", "half width of the mass window").range(0, 1e6);
  c.option("--formula", &options.formula, "FORMULA", "exact molecular formula");
  c.option("--inchikey", &options.inchikey, "KEY", "InChIKey or its first block");
  c.option("--top-k", &options.top_k, "K", "hits given at most").range(1, 1e9);
  c.option("--format", &arguments->format, "FORMAT", "how to write").choices({"tsv", "json"});
  c.option("-o,--output", &arguments->output, "FILE", "where to write; - is standard output");
  c.on_run([arguments](const Context& context) { return run_search(*arguments, context); }, {.threads = false});
}

}  // namespace

void add_bank_command(Command& parent) {
  Command& bank = parent.add("bank", "Makes, describes and searches banks of molecules.",
                             "molbridge bank build molecules.tsv -o my-bank");
  add_build(bank);
  add_info(bank);
  add_search(bank);
}

}  // namespace molbridge::cli
