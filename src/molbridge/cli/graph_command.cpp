#include "molbridge/cli/commands.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/graph_info.hpp"

namespace molbridge::cli {
namespace {

template <typename Options>
struct GraphArguments {
  Options options;
  service::AnalysisOutput output;
};

int finish(const service::Analysis& analysis, const service::AnalysisOutput& output, const Context& context) {
  service::write_analysis(analysis, output);
  for (const std::string& remark : analysis.remarks) context.say(remark);
  return analysis.skipped == 0 ? 0 : 1;
}

void add_input(Command& c, service::GraphInput& input) {
  c.inputs("GRAPH", &input.paths, "a folder, or a nodes file and edge files; TSV, plain or .gz");
  c.flag("--licence-ok", &input.licence_ok_only, "leave out edges, and contents of nodes, whose licence is not open");
}

void add_output(Command& c, service::AnalysisOutput& output) {
  c.option("-o,--output", &output.output, "FILE", "where to write; - is standard output");
  c.option("--format", &output.format, "FORMAT", "tsv shows the first table, json all of them")
      .choices({"tsv", "json"});
}

void add_info(Command& graph) {
  auto arguments = std::make_shared<GraphArguments<service::GraphInput>>();
  Command& c = graph.add("info", "Counts the nodes and edges of a graph by type and relation.",
                         "molbridge graph info nodes.tsv.gz edges_train.tsv.gz edges_val.tsv.gz");
  c.details(
      "Dangling, duplicate and self edges, duplicate ids, bytes that are no UTF-8 and unknown columns are counted and "
      "the "
      "first of each are named with file and line; the JSON lists ten of each kind.");
  add_input(c, arguments->options);
  add_output(c, arguments->output);
  c.on_run(
      [arguments](const Context& context) {
        return finish(service::describe_graph(arguments->options, *context.progress), arguments->output, context);
      },
      {.threads = false});
}

void add_check(Command& graph) {
  auto arguments = std::make_shared<GraphArguments<service::GraphCheckOptions>>();
  Command& c = graph.add("check", "Looks for what held-out edges share with those of training.",
                         "molbridge graph check nodes.tsv.gz edges_train.tsv.gz edges_val.tsv.gz");
  c.details(
      "Reports edges that stand in training too, as they are or mirrored, held-out nodes with an edge in training, "
      "nodes "
      "with the molecule or sequence of one in training, and pairs that training joins by another relation. The exit "
      "code "
      "is 1 where there is any of them but the last, or a fault in the files.");
  add_input(c, arguments->options.input);
  c.option("--held-out", &arguments->options.held_out, "FILE",
           "an edge file that is not for training; default: those with val or test in their name; repeatable");
  add_output(c, arguments->output);
  c.on_run(
      [arguments](const Context& context) {
        return finish(service::check_graph(arguments->options, *context.progress), arguments->output, context);
      },
      {.threads = false});
}

void add_split(Command& graph) {
  auto arguments = std::make_shared<GraphArguments<service::GraphSplitOptions>>();
  service::GraphSplitOptions& options = arguments->options;
  Command& c = graph.add("split", "Parts the edges of a graph into training, validation and test.",
                         "molbridge graph split nodes.tsv edges.tsv --by head-nodes -o my-split");
  c.details(
      "head-nodes: a share of the head nodes of every type is held out with all its edges, so that training never sees "
      "them; nodes of one molecule or one sequence stay together; which nodes follows from a hash of the id alone. "
      "edges: a "
      "share of the edges of every relation, drawn by the seed; every node keeps an edge in training, and both "
      "directions of "
      "a pair stay together.");
  add_input(c, options.input);
  c.option("-o,--output", &options.output, "DIR", "gets nodes.tsv and edges_{train,val,test}.tsv").required();
  c.option("--by", &options.by, "WHAT", "what is held out").choices({"head-nodes", "edges"});
  c.option("--test-share", &options.test_share, "SHARE", "of the heads of a type, or of the edges of a relation")
      .range(0, 1);
  c.option("--val-share", &options.val_share, "SHARE", "likewise").range(0, 1);
  c.option("--salt", &options.salt, "TEXT", "put before the ids that are hashed, with head-nodes");
  c.option("--seed", &options.seed, "N", "of the draw, with edges");
  c.flag("--drop-mirrored", &options.drop_mirrored, "of edges that stand in both directions keep one");
  c.option("--format", &arguments->output.format, "FORMAT", "of the counts on standard output")
      .choices({"tsv", "json"});
  c.on_run(
      [arguments](const Context& context) {
        return finish(service::split_graph(arguments->options, *context.progress), arguments->output, context);
      },
      {.threads = false});
}

void add_import(Command& graph) {
  auto arguments = std::make_shared<GraphArguments<service::GraphImportOptions>>();
  auto format = std::make_shared<std::string>("primekg");
  service::GraphImportOptions& options = arguments->options;
  Command& c = graph.add("import", "Writes a graph of another format as tables of nodes and edges.",
                         "molbridge graph import primekg kg.csv --content disease_texts.tsv -o primekg");
  c.details(
      "PrimeKG's kg.csv holds every edge in both directions; one is kept. Structures, sequences and definitions are "
      "not in "
      "it: give tables with the column node_id (NCBI:9796) or node_index, and smiles, sequence or text.");
  c.positional("FORMAT", format.get(), "primekg").choices({"primekg"});
  c.positional("FILE", &options.input, "kg.csv, plain or .gz");
  c.option("-o,--output", &options.output, "DIR", "gets nodes.tsv and edges.tsv").required();
  c.option("--content", &options.content, "FILE", "table of contents of nodes; repeatable");
  c.flag("--both-directions", &options.both_directions, "keep mirrored edges");
  c.option("--format", &arguments->output.format, "FORMAT", "of the counts on standard output")
      .choices({"tsv", "json"});
  c.on_run(
      [arguments, format](const Context& context) {
        return finish(service::import_primekg(arguments->options, *context.progress), arguments->output, context);
      },
      {.threads = false});
}

}  // namespace

void add_graph_command(Command& parent) {
  Command& graph = parent.add("graph", "Describes, checks, splits and imports graphs; measures link models on them.",
                              "molbridge graph info nodes.tsv.gz edges_train.tsv.gz");
  add_info(graph);
  add_check(graph);
  add_split(graph);
  add_import(graph);
  add_graph_evaluation_commands(graph);
}

}  // namespace molbridge::cli
