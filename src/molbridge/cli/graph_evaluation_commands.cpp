#include <utility>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/service/baseline_scorers.hpp"
#include "molbridge/service/link_evaluation.hpp"
#include "molbridge/service/link_tasks.hpp"

namespace molbridge::cli {
namespace {

struct ModelArguments {
  service::LinkModelChoice model;
  std::string text_encoder, protein_encoder, molecule_encoder;
  service::AnalysisOutput output{.output = "-", .format = "json", .figure = ""};
  int resamples = 1000;

  service::LinkModelChoice choice() const {
    service::LinkModelChoice chosen = model;
    for (const auto& [modality, encoder] : {std::pair("text", &text_encoder), std::pair("protein", &protein_encoder),
                                            std::pair("molecule", &molecule_encoder)}) {
      if (!encoder->empty()) chosen.encoders[modality] = *encoder;
    }
    return chosen;
  }
};

struct EdgeArguments : ModelArguments {
  service::LinkEvaluationOptions options;
  std::string baseline;  ///< instead of a model
  std::size_t neighbours = service::BaselineScorerOptions{}.neighbours;
};
struct PairArguments : ModelArguments {
  service::LinkPairOptions options;
};
struct SetArguments : ModelArguments {
  service::LinkSetOptions options;
};

void add_model_options(Command& c, ModelArguments& arguments, bool is_required = true) {
  auto& model = c.option("--model", &arguments.model.folder, "DIR", "a trained link model");
  if (is_required) model.required();
  c.option("--text-encoder", &arguments.text_encoder, "DIR", "where the frozen text encoder lies");
  c.option("--protein-encoder", &arguments.protein_encoder, "DIR", "where the frozen protein encoder lies");
  c.option("--molecule-encoder", &arguments.molecule_encoder, "DIR", "where the frozen molecule encoder lies");
  c.option("--cache", &arguments.model.cache, "DIR",
           "where computed vectors are kept; default: $XDG_CACHE_HOME/molbridge or ~/.cache/molbridge");
}

void add_report_options(Command& c, ModelArguments& arguments, std::uint64_t& seed) {
  c.option("-o,--output", &arguments.output.output, "FILE", "where to write; - is standard output");
  c.option("--format", &arguments.output.format, "FORMAT", "tsv shows the first table, json all of them")
      .choices({"tsv", "json"});
  c.option("--resamples", &arguments.resamples, "N", "of the bootstrap behind the intervals").range(1, 1e6);
  c.option("--seed", &seed, "N", "of the bootstrap");
}

int finish(const service::Analysis& analysis, const ModelArguments& arguments, const Context& context) {
  service::write_analysis(analysis, arguments.output);
  for (const std::string& remark : analysis.remarks) context.say(remark);
  return analysis.skipped == 0 ? 0 : 1;
}

int run_edges(const EdgeArguments& arguments, const Context& context) {
  service::LinkEvaluationOptions options = arguments.options;
  options.resamples = arguments.resamples;
  const service::LinkModelChoice choice = arguments.choice();
  if (arguments.baseline.empty() == choice.folder.empty())
    throw Error(ErrorCode::kUsage, "exactly one of --model and --baseline is needed");
  if (arguments.baseline.empty())
    return finish(service::evaluate_links(options, choice, context.threads, *context.progress), arguments, context);
  const auto make_scorer = service::baseline_scorer_of(arguments.baseline, options.edges,
                                                       {choice.encoders, choice.cache, arguments.neighbours});
  return finish(service::evaluate_links(options, make_scorer, context.threads, *context.progress), arguments, context);
}

void add_edges(Command& graph) {
  auto arguments = std::make_shared<EdgeArguments>();
  service::LinkEvaluationOptions& options = arguments->options;
  Command& c =
      graph.add("evaluate", "Measures how well a model finds the tails of held-out edges.",
                "molbridge graph evaluate --graph kg --model my-bridge --edges kg/edges_val.tsv.gz -o links.json");
  c.details(
      "Every node of the tail's type is a candidate. MRR and Hits@1/3/10, raw and filtered (other known tails taken "
      "out), by "
      "relation, head type and degree, with intervals over head nodes and the expectation of a random order; recall "
      "and "
      "precision at k of each head. Nodes without modality are skipped and counted. See docs/graph.md.");
  c.option("--graph", &options.graph.paths, "PATH",
           "a folder, or a nodes file and then edge files (repeat the option): what is known, and filtered")
      .required();
  c.option("--edges", &options.edges, "FILE", "edges to find; repeatable").required();
  add_model_options(c, *arguments, /*is_required=*/false);
  c.option("--baseline", &arguments->baseline, "NAME",
           "instead of a model: degree of the tail, votes of the nearest training heads, or the frozen vectors alone")
      .choices(service::baseline_scorer_names());
  c.option("--neighbours", &arguments->neighbours, "N", "of the baseline neighbours").range(1, 1e6);
  c.option("--relation", &options.relations, "NAME", "only this one; NAME or NAME:HEAD_TYPE:TAIL_TYPE; repeatable");
  c.option("--held-out", &options.held_out, "END",
           "only edges whose held-out end is head, tail, both or none; repeatable");
  c.option("--as-relation", &options.as_relation, "NAME",
           "ask for this relation instead: zero-shot; with types as above");
  c.option("--filter", &options.filter, "WHAT", "known tails taken out: of the same relation, or of the pair by any")
      .choices({"relation", "pair"});
  c.flag("--all-nodes", &options.all_nodes, "candidates without modality too, for models that know nodes alone");
  c.flag("--known-only", &options.known_only, "pass over relations that the model does not know");
  c.option("--min-tail-frequency", &options.min_tail_frequency, "N",
           "in the figures per head, count only tails with so many edges of the relation");
  c.flag("--licence-ok", &options.graph.licence_ok_only,
         "leave out edges, and contents of nodes, whose licence is not open");
  add_report_options(c, *arguments, options.seed);
  c.on_run([arguments](const Context& context) { return run_edges(*arguments, context); });
}

void add_pairs(Command& graph) {
  auto arguments = std::make_shared<PairArguments>();
  service::LinkPairOptions& options = arguments->options;
  Command& c =
      graph.add("evaluate-pairs", "Measures how well a model tells right pairs from wrong ones.",
                "molbridge graph evaluate-pairs pairs.tsv --model my-bridge --relation binds:compound:gene_protein");
  c.details(
      "Areas under the ROC and the precision-recall curve, with intervals over heads, for all pairs and by column.");
  c.positional("TABLE", &options.task.table, "pairs with a label, TSV or CSV, plain or .gz");
  add_model_options(c, *arguments);
  c.option("--relation", &options.task.relation, "NAME:HEAD:TAIL", "the relation that the model is asked for")
      .required();
  c.option("--head-column", &options.task.head_column, "NAME", "SMILES, sequence or text of the head");
  c.option("--tail-column", &options.task.tail_column, "NAME", "likewise of the tail");
  c.option("--label-column", &options.label_column, "NAME", "1 or 0");
  c.option("--group-by", &options.group_by, "NAME", "column with figures for each of its values; repeatable");
  c.option("--scores", &options.scores, "FILE", "the score of every pair, as TSV");
  add_report_options(c, *arguments, options.task.seed);
  c.on_run([arguments](const Context& context) {
    service::LinkPairOptions of = arguments->options;
    of.task.resamples = arguments->resamples;
    return finish(service::evaluate_link_pairs(of, arguments->choice(), context.threads, *context.progress), *arguments,
                  context);
  });
}

void add_sets(Command& graph) {
  auto arguments = std::make_shared<SetArguments>();
  service::LinkSetOptions& options = arguments->options;
  Command& c = graph.add("evaluate-sets", "Measures how well a model finds the set of tails of each head in a table.",
                         "molbridge graph evaluate-sets answers.tsv --tails tails.tsv --model my-bridge --relation "
                         "associates:gene:disease");
  c.details(
      "Recall, precision and nDCG at 1, 3 and 5 of each query, with intervals over queries, beside the order by "
      "popularity and a random one. Candidates are the tails that are the answer of some row.");
  c.positional("TABLE", &options.task.table, "one row per query and answer");
  add_model_options(c, *arguments);
  c.option("--relation", &options.task.relation, "NAME:HEAD:TAIL", "the relation that the model is asked for")
      .required();
  c.option("--head-column", &options.task.head_column, "NAME", "content of the head; with --graph a node of it");
  c.option("--query-column", &options.head_key_column, "NAME", "what is one query; default: the head column");
  c.option("--tail-column", &options.task.tail_column, "NAME", "key of the answer");
  c.option("--graph", &options.task.graph, "PATH", "a folder, or a nodes file and then edge files (repeat the option)");
  c.option("--tails", &options.tails, "FILE", "table of the tails").required();
  c.option("--tail-key", &options.tail_key_column, "NAME", "column of their keys");
  c.option("--tail-text", &options.tail_text_column, "NAME", "column of their contents");
  c.option("--tail-name", &options.tail_name_column, "NAME", "column of their names, for --leave-out");
  c.option("--leave-out", &options.leave_out, "NAME", "a tail that is neither candidate nor answer; repeatable");
  add_report_options(c, *arguments, options.task.seed);
  c.on_run([arguments](const Context& context) {
    service::LinkSetOptions of = arguments->options;
    of.task.resamples = arguments->resamples;
    return finish(service::evaluate_link_sets(of, arguments->choice(), context.threads, *context.progress), *arguments,
                  context);
  });
}

}  // namespace

void add_graph_evaluation_commands(Command& graph) {
  add_edges(graph);
  add_pairs(graph);
  add_sets(graph);
}

}  // namespace molbridge::cli
