#include <fmt/format.h>

#include "molbridge/cli/answer_table.hpp"
#include "molbridge/cli/commands.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service/link.hpp"

namespace molbridge::cli {
namespace {

struct Arguments {
  service::LinkOptions options;
  service::LinkEngineOptions engine;
  std::string text_encoder, protein_encoder, molecule_encoder, output, format;
};

void check(const Arguments& arguments) {
  const service::LinkOptions& options = arguments.options;
  const bool has_new = !options.smiles.empty() || !options.sequences.empty() || !options.texts.empty();
  if (options.nodes.empty() && options.nodes_file.empty() && !has_new) {
    throw Error(ErrorCode::kUsage, "nothing to link")
        .remedy("Give a NODE, --nodes FILE, --smiles, --sequence or --text.");
  }
  if (!options.type.empty() && !has_new) {
    throw Error(ErrorCode::kUsage, "--type is that of a new entity; a node has its own")
        .remedy("Write type:name for a node whose name is not its own.");
  }
}

void say_engine(const service::LinkEngine& engine, const Context& context) {
  const std::string bank =
      engine.bank ? fmt::format("   bank {}: {} molecules ({})", engine.bank->folder(),
                                format_count(engine.bank->size()), short_digest(engine.bank->manifest().digest))
                  : "";
  context.say(fmt::format("molbridge {}   model {} ({})   graph: {} nodes, {} edges ({}){}", version(),
                          engine.model->name(), short_digest(engine.model->digest()),
                          format_count(engine.graph->nodes().size()), format_count(engine.graph->edges().size()),
                          short_digest(engine.graph_digest), bank));
  for (const std::string& finding : engine.findings) context.say("graph     " + finding);
}

void say_totals(const service::LinkReport& report, const Context& context) {
  say_groups(report.skip_reasons, "skipped", context);
  std::string line = fmt::format("ranked    {} of the type {}", format_count(report.candidates), report.type);
  if (report.without_content > 0)
    line += fmt::format("; {} without structure, sequence or text left out", format_count(report.without_content));
  if (report.not_encoded > 0)
    line += fmt::format("; {} that have no vector left out", format_count(report.not_encoded));
  context.say(line);
  if (report.truncated > 0)
    context.say(
        fmt::format("note      {} texts longer than their encoder takes: their beginnings count", report.truncated));
  const service::ResultTotals& totals = report.totals;
  context.say(fmt::format("read {}  ranked {}  no candidates {}  skipped {}", format_count(totals.read),
                          format_count(totals.ranked), format_count(totals.no_candidates),
                          format_count(totals.skipped)));
}

int run_link(const Arguments& arguments, const Context& context) {
  service::LinkEngineOptions engine_options = arguments.engine;
  for (const auto& [modality, encoder] :
       {std::pair("text", &arguments.text_encoder), std::pair("protein", &arguments.protein_encoder),
        std::pair("molecule", &arguments.molecule_encoder)}) {
    if (!encoder->empty()) engine_options.encoders[modality] = *encoder;
  }
  service::LinkOptions options = arguments.options;
  options.threads = context.threads;
  const ResultTarget target = result_target(arguments.output, arguments.format, context);
  options.format = target.format;
  options.output = target.output;
  const service::LinkEngine engine = service::open_link_engine(engine_options, *context.progress);
  say_engine(engine, context);
  const service::LinkReport report = service::link(engine, options, *context.progress);
  if (target.table_is_result) {
    print_result(answer_table(report.first, report.layout, {"known", "node_id", "name", "definition", "smiles"}));
  }
  say_totals(report, context);
  if (options.output != "-" && !options.output.empty()) context.say("results   " + options.output);
  return report.complete() ? 0 : 1;
}

void add_queries(Arguments& arguments, Command& c) {
  service::LinkOptions& options = arguments.options;
  c.inputs("NODE", &options.nodes, "node of the graph: its id, its name, or type:name").not_required();
  c.option("--nodes", &options.nodes_file, "FILE", "further nodes, one per line, or id TAB node; - is standard input");
  c.option("--smiles", &options.smiles, "SMILES", "a molecule, in the graph or not; may be repeated");
  c.option("--sequence", &options.sequences, "SEQUENCE", "a protein, in the graph or not; may be repeated");
  c.option("--text", &options.texts, "TEXT", "anything else in words, in the graph or not; may be repeated");
  c.option("--type", &options.type, "TYPE", "node type of what --smiles, --sequence or --text gives");
  c.option("--relation", &options.relation, "NAME", "relation, or NAME:HEAD_TYPE:TAIL_TYPE").required();
  c.option("--to", &options.to, "TYPE", "node type of what is ranked; default: where the relation leads");
  c.flag("--zero-shot", &options.zero_shot, "allow a relation between types that the model was not trained on");
  c.flag("--exclude-known", &options.exclude_known, "leave out hits that the graph has already; their ranks stay free");
}

}  // namespace

void add_link_command(Command& parent) {
  auto arguments = std::make_shared<Arguments>();
  Command& c = parent.add("link", "Ranks what a model joins to a node of a graph, or to a new entity, by a relation.",
                          "molbridge link aspirin --relation treats --to disease --model my-bridge --graph my-graph");
  c.details(
      "The model is one that links entities of a graph (molbridge train with kind = \"biobridge\"). All nodes of the "
      "type are ranked, or the molecules of --bank; hits that the graph joins already are marked. Scores are no "
      "probabilities. --format json gives an evidence block for the prompt of a language model: a sentence per hit, "
      "and "
      "what scores are and are not. On a terminal without -o and --format the hits are shown instead of the table. The "
      "exit code is 1 when a query was skipped.");
  add_queries(*arguments, c);
  c.option("--model", &arguments->engine.model, "DIR", "trained model").required();
  c.option("--graph", &arguments->engine.graph.paths, "DIR",
           "folder with nodes.tsv and edges*.tsv; or a nodes file, and again for each edges file")
      .required();
  c.option("--bank", &arguments->engine.bank, "DIR", "rank the molecules of this bank instead of the nodes");
  c.option("--text-encoder", &arguments->text_encoder, "DIR", "where the frozen text encoder lies");
  c.option("--protein-encoder", &arguments->protein_encoder, "DIR", "where the frozen protein encoder lies");
  c.option("--molecule-encoder", &arguments->molecule_encoder, "DIR", "where the frozen molecule encoder lies");
  c.option("--top-k", &arguments->options.top_k, "K", "hits written per query").range(1, 1e9);
  c.option("--cache", &arguments->engine.cache, "DIR",
           "where computed vectors are kept; default: $XDG_CACHE_HOME/molbridge or ~/.cache/molbridge");
  c.option("--format", &arguments->format, "FORMAT", "tsv or json; default: by the ending of the output, else tsv")
      .choices({"tsv", "json"});
  c.option("-o,--output", &arguments->output, "FILE",
           "where to write; - is standard output; FILE.run.json says how it was made");
  c.check([arguments] { check(*arguments); });
  c.on_run([arguments](const Context& context) { return run_link(*arguments, context); });
}

}  // namespace molbridge::cli
