#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "molbridge/cli/answer_table.hpp"
#include "molbridge/cli/commands.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service/identify.hpp"

namespace molbridge::cli {
namespace {

struct Arguments {
  service::IdentifyOptions options;
  std::string model, bank, output, format;
  std::string convention = "honest";
  std::string stages;
};

void say_stages(const service::Engine& engine, const service::IdentifyOptions& options, const Context& context) {
  if (!engine.reranker) return;
  context.say(fmt::format("stages    2, the second looks at {} candidates of a spectrum",
                          format_count(service::shortlist_of(engine, options.shortlist))));
}

void say_engine(const service::Engine& engine, const Context& context) {
  context.say(fmt::format("molbridge {}   model {} ({})   bank {}: {} molecules ({})", version(), engine.model_name(),
                          short_digest(engine.model_digest()), engine.bank->folder(), format_count(engine.bank->size()),
                          short_digest(engine.bank->manifest().digest)));
  const std::string warning = service::convention_warning(*engine.model, false);
  if (!warning.empty()) context.say("warning   " + warning);
  context.say(fmt::format("device    cpu, {} {}", context.threads, context.threads == 1 ? "thread" : "threads"));
}

/// The probability of the best hit where there is one, else its score.
std::string confidence(const service::CandidateResult& best) {
  return best.verdict ? format_fixed(best.verdict->probability, 3) : format_fixed(best.score, 4);
}

std::string table_row(const service::QueryResult& query) {
  const bool is_ranked = !query.candidates.empty();
  const std::string mz = query.precursor_mz ? format_fixed(*query.precursor_mz, 4) : "-";
  std::string row =
      padded(std::to_string(query.query_index), 5) + " " + padded(query.query_id, 28) + " " + padded(mz, 10) + " ";
  if (!is_ranked) return row + padded(name(query.status), 13) + " " + query.reason + "\n";
  const service::CandidateResult& best = query.candidates.front();
  const std::string shown_name = best.molecule.name.empty() ? best.molecule.inchikey14 : best.molecule.name;
  return row + padded(best.adduct, 13) + " " + padded(format_count(query.num_candidates), 6) + " " +
         padded(confidence(best), 7) + " " + padded(best.molecule.formula, 16) + " " +
         std::string(trim(padded(shown_name, 32))) + "\n";
}

/// The best hit of the first queries.
std::string best_hits(const service::IdentifyReport& report, bool has_probabilities) {
  std::string table = padded("#", 5) + " " + padded("spectrum", 28) + " " + padded("precursor", 10) + " " +
                      padded("adduct", 13) + " " + padded("cand.", 6) + " " +
                      padded(has_probabilities ? "prob." : "score", 7) + " " + padded("formula", 16) + " best match\n";
  for (const service::QueryResult& query : report.first) table += table_row(query);
  if (report.read > report.first.size()) {
    table += fmt::format("... and {} more\n", format_count(report.read - report.first.size()));
  }
  return table;
}

void say_totals(const service::IdentifyReport& report, const Context& context) {
  for (const auto& [input, why] : report.failed_inputs) context.say("not read  " + why);
  say_groups(report.skip_reasons, "skipped  ", context);
  say_groups(report.notes, "note     ", context);
  const std::string ms1 = report.ms1 > 0 ? fmt::format("; {} MS1 scans passed over", format_count(report.ms1)) : "";
  context.say(fmt::format("{} read: {} ranked, {} without candidates, {} skipped{}", format_count(report.read),
                          format_count(report.ranked), format_count(report.no_candidates), format_count(report.skipped),
                          ms1));
  const double rate = static_cast<double>(report.read) / std::max(report.seconds, 1e-6);
  if (report.prior_molecules > 0) {
    context.say(
        fmt::format("prior     known of {} molecules of the bank; scores and ranks are not of the spectra alone",
                    format_count(report.prior_molecules)));
  }
  context.say(fmt::format("{:.1f} s, {:.0f} spectra/s", report.seconds, rate));
}

/// A command worth trying after this one.
std::string next_command(const Arguments& arguments) {
  const std::string inputs = arguments.options.inputs.front() + (arguments.options.inputs.size() > 1 ? " ..." : "");
  if (arguments.output.empty()) return "molbridge identify " + inputs + " -o hits.tsv";
  return "molbridge bank build MOLECULES -o my-bank && molbridge identify " + inputs + " --bank my-bank -o hits.tsv";
}

int run_identify(const Arguments& arguments, const Context& context) {
  service::IdentifyOptions options = arguments.options;
  options.threads = context.threads;
  const ResultTarget target = result_target(arguments.output, arguments.format, context);
  options.format = target.format;
  options.output = target.output;
  const service::Engine engine = service::open_engine(
      arguments.model, arguments.bank, retrieve::parse_convention(arguments.convention), arguments.stages);
  say_engine(engine, context);
  say_stages(engine, options, context);
  const service::IdentifyReport report = service::identify(engine, options, *context.progress);
  if (target.table_is_result) {
    print_result(best_hits(report, engine.reranker != nullptr));
  } else if (::isatty(STDERR_FILENO) != 0) {
    context.say(best_hits(report, engine.reranker != nullptr));
  }
  say_totals(report, context);
  if (options.output != "-" && !options.output.empty()) context.say("results   " + options.output);
  if (::isatty(STDERR_FILENO) != 0) context.say("next      " + next_command(arguments));
  return report.complete() ? 0 : 1;
}

}  // namespace

void add_identify_command(Command& parent) {
  auto arguments = std::make_shared<Arguments>();
  service::IdentifyOptions& options = arguments->options;
  Command& c = parent.add("identify", "Ranks the molecules of a bank for each MS/MS spectrum.",
                          "molbridge identify run.mzML --bank my-bank -o hits.tsv");
  c.details(
      "Reads MGF, MSP, MassBank records, MassSpecGym TSV, JSON, mzML and mzXML, plain or .gz. Every spectrum gets a "
      "row: ranked, "
      "no_candidates, or skipped with its reason. Without an adduct the usual ones of the ion mode are tried. On a "
      "terminal without -o "
      "and --format the best hits are shown instead of the table. The exit code is 1 when a spectrum was skipped or an "
      "input is damaged.");
  c.inputs("INPUT", &options.inputs, "spectrum files or folders; - is standard input");
  c.option("--bank", &arguments->bank, "DIR", "bank to search; default: examples/bank");
  c.option("--model", &arguments->model, "DIR",
           "trained model; default: models/default as shipped, else models/fingerprint-ffn");
  c.option("--stages", &arguments->stages, "N",
           "1: leave out the second stage of a model that has one; default: all it has")
      .choices({"1", "2"});
  c.option("--shortlist", &options.shortlist, "N", "candidates that the second stage looks at; 0: as the model says")
      .range(0, 1e9);
  c.option("--convention", &arguments->convention, "NAME",
           "released: score as the code published with the model does; for audits")
      .choices({"honest", "released"});
  c.option("--ppm", &options.ppm, "PPM", "tolerance of the precursor m/z").range(0, 1e6);
  c.option("--formula", &options.formula, "FORMULA",
           "rank exactly the molecules of this formula; the precursor is only checked");
  c.option("--adduct", &options.adduct, "ADDUCT", "adduct of all spectra, whatever they say, as in [M+H]+");
  c.option("--ion-mode", &options.ion_mode, "MODE", "mode of spectra that say none; auto tries both")
      .choices({"auto", "positive", "negative"});
  c.option("--explain", &options.explain, "FILE.tsv",
           "write the annotated peaks of the best hits: fragment formula, SMILES, ppm error");
  c.option("--explain-top", &options.explain_top, "N",
           "hits of a spectrum that are explained, in JSON results too; default: 1 with --explain, else none")
      .range(0, 1e6);
  c.option("--prior-file", &options.prior_file, "FILE.tsv",
           "table with inchikey14 and counts (literature, say), which are added to the score");
  c.option("--prior", &options.prior_column, "COLUMN", "column of that table; off unless named");
  c.option("--prior-weight", &options.prior_weight, "W", "score + W ln(1 + value)").range(-1e6, 1e6);
  c.option("--top-k", &options.top_k, "K", "candidates written per spectrum").range(1, 1e9);
  c.option("--from", &options.from, "FORMAT",
           "mgf, msp, massbank, massspecgym, json, mzml, mzxml; auto looks at the content");
  c.flag("--centroid", &options.centroid, "make centroids of profile data; without it they are skipped");
  c.option("--format", &arguments->format, "FORMAT", "tsv or json; default: by the ending of the output, else tsv")
      .choices({"tsv", "json"});
  c.option("-o,--output", &arguments->output, "FILE",
           "where to write; - is standard output; FILE.run.json says how it was made");
  c.on_run([arguments](const Context& context) { return run_identify(*arguments, context); });
}

}  // namespace molbridge::cli
