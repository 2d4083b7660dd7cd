#include <fmt/format.h>

#include "molbridge/cli/answer_table.hpp"
#include "molbridge/cli/commands.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service/text_search.hpp"

namespace molbridge::cli {
namespace {

struct Arguments {
  service::SearchOptions options;
  service::SearchEngineOptions engine;
  std::vector<std::string> texts, molecules;
  std::string input, molecules_file, output, format, text_column;
};

/// Which way round, and that it is one way.
void check(const Arguments& arguments) {
  const bool has_texts = !arguments.texts.empty() || !arguments.input.empty();
  const bool has_molecules = !arguments.molecules.empty() || !arguments.molecules_file.empty();
  const auto usage = [](const char* message, const char* remedy) {
    return Error(ErrorCode::kUsage, message).remedy(remedy);
  };
  if (has_texts && has_molecules) {
    throw usage("both texts and molecules are asked for", "One run answers texts, or molecules with --texts FILE.");
  }
  if (has_molecules && arguments.engine.texts.empty()) {
    throw usage("--molecule ranks texts, and none are named", "Name a file of texts: --texts FILE.");
  }
  if (!has_molecules && !arguments.engine.texts.empty()) {
    throw usage("--texts are what --molecule ranks, and no molecule is named",
                "Texts as queries: --text TEXT or --input FILE.");
  }
  if (!has_texts && !has_molecules) {
    throw usage("nothing to search for",
                "Give --text TEXT or --input FILE; or --molecule SMILES (or --molecules FILE) with --texts FILE.");
  }
}

void say_engine(const service::SearchEngine& engine, const Context& context) {
  const std::string what =
      engine.bank ? fmt::format("bank {}: {} molecules ({})", engine.bank->folder(), format_count(engine.bank->size()),
                                short_digest(engine.bank->manifest().digest))
                  : fmt::format("texts {}: {} distinct of {}", engine.gallery.file,
                                format_count(engine.gallery.texts.size()), format_count(engine.gallery.read));
  context.say(fmt::format("molbridge {}   model {} ({})   {}", version(), engine.model->name(),
                          short_digest(engine.model->digest()), what));
  if (engine.gallery.left_out > 0)
    context.say(fmt::format("texts     {} left out: empty, or not encodable", format_count(engine.gallery.left_out)));
  if (engine.gallery.truncated > 0)
    context.say(fmt::format("texts     {} longer than the encoder reads: their beginnings count",
                            format_count(engine.gallery.truncated)));
}

void say_totals(const service::SearchReport& report, const Context& context) {
  say_groups(report.skip_reasons, "skipped", context);
  if (report.truncated > 0)
    context.say(fmt::format("note      {} queries longer than the text encoder reads: their beginnings count",
                            format_count(report.truncated)));
  const service::ResultTotals& totals = report.totals;
  context.say(fmt::format("read {}  ranked {}  no candidates {}  skipped {}", format_count(totals.read),
                          format_count(totals.ranked), format_count(totals.no_candidates),
                          format_count(totals.skipped)));
  context.say(fmt::format("{:.2f} s, of which encoding {:.2f} s, ranking {:.2f} s", report.seconds,
                          report.encode_seconds, report.rank_seconds));
}

int run_search(const Arguments& arguments, const Context& context) {
  service::SearchEngineOptions engine_options = arguments.engine;
  engine_options.text_column = arguments.text_column;
  engine_options.threads = context.threads;
  service::SearchOptions options = arguments.options;
  const bool ranks_texts = !arguments.engine.texts.empty();
  options.queries = ranks_texts ? arguments.molecules : arguments.texts;
  options.input = ranks_texts ? arguments.molecules_file : arguments.input;
  if (!ranks_texts) options.text_column = arguments.text_column;
  options.threads = context.threads;
  const ResultTarget target = result_target(arguments.output, arguments.format, context);
  options.format = target.format;
  options.output = target.output;
  const service::SearchEngine engine = service::open_search_engine(engine_options, *context.progress);
  say_engine(engine, context);
  const service::SearchReport report = service::search(engine, options, *context.progress);
  if (target.table_is_result) {
    print_result(answer_table(report.first, report.layout, {"name", "formula", "in_training", "smiles", "text"}));
  }
  say_totals(report, context);
  if (options.output != "-" && !options.output.empty()) context.say("results   " + options.output);
  return report.complete() ? 0 : 1;
}

}  // namespace

void add_search_command(Command& parent) {
  auto arguments = std::make_shared<Arguments>();
  service::SearchOptions& options = arguments->options;
  Command& c = parent.add("search", "Ranks the molecules of a bank for a text, or texts for a molecule.",
                          "molbridge search --text \"EGFR inhibitor\" --bank my-bank --model my-text-model");
  c.details(
      "The model is a text bridge (molbridge train with kind = \"thin-bridge\"); the bank must be of the molecule "
      "encoder that it was trained with. Every molecule of the bank is scored, no index approximates. Every query gets "
      "a row: ranked, no_candidates, or skipped with its reason. With --molecule or --molecules the texts of --texts "
      "are ranked instead, equal texts once. On a terminal without -o and --format the hits are shown instead of the "
      "table. The exit code is 1 when a query was skipped.");
  c.option("--text", &arguments->texts, "TEXT", "query; may be repeated");
  c.option("--input", &arguments->input, "FILE",
           "queries: a text per line, id TAB text, or a table; - is standard input");
  c.option("--molecule", &arguments->molecules, "SMILES", "rank texts for it; may be repeated");
  c.option("--molecules", &arguments->molecules_file, "FILE", "rank texts for these molecules (SMILES, CSV/TSV, SDF)");
  c.option("--texts", &arguments->engine.texts, "FILE", "texts to rank, in the forms of --input");
  c.option("--text-column", &arguments->text_column, "NAME", "column of texts in --input or --texts");
  c.option("--bank", &arguments->engine.bank, "DIR", "bank to search; default: examples/bank");
  c.option("--model", &arguments->engine.model, "DIR", "trained text bridge; default: the shipped models/text");
  c.option("--text-encoder", &arguments->engine.text_encoder, "DIR",
           "where the frozen text encoder lies; default: where the model says");
  c.option("--mass", &options.restriction.mass, "U", "rank molecules of this monoisotopic mass only");
  c.option("--ppm", &options.restriction.ppm, "PPM", "tolerance of --mass").range(0, 1e6);
  c.option("--formula", &options.restriction.formula, "FORMULA", "rank molecules of this formula only");
  c.flag("--exclude-training", &options.exclude_training, "leave out the molecules that the model was trained on");
  c.option("--top-k", &options.top_k, "K", "hits written per query").range(1, 1e9);
  c.option("--cache", &arguments->engine.cache, "DIR",
           "where computed vectors are kept; default: $XDG_CACHE_HOME/molbridge or ~/.cache/molbridge");
  c.option("--format", &arguments->format, "FORMAT", "tsv or json; default: by the ending of the output, else tsv")
      .choices({"tsv", "json"});
  c.option("-o,--output", &arguments->output, "FILE",
           "where to write; - is standard output; FILE.run.json says how it was made");
  c.check([arguments] { check(*arguments); });
  c.on_run([arguments](const Context& context) { return run_search(*arguments, context); });
}

}  // namespace molbridge::cli
