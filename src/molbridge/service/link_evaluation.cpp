#include "molbridge/service/link_evaluation.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/graph/lookup.hpp"
#include "molbridge/service/link_ranks.hpp"
#include "molbridge/service/link_tables.hpp"

namespace molbridge::service {
namespace {

/// By file, whatever the spelling of the path.
std::string canonical(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

/// Adds the files of the edges that are not among the graph's. Gives per edge file whether it is evaluated.
std::vector<bool> add_edge_files(graph::GraphFiles& files, const std::vector<std::string>& edges) {
  std::vector<bool> evaluated(files.edges.size());
  for (const std::string& file : edges) {
    const auto at = std::ranges::find_if(files.edges, [&](const auto& of) { return canonical(of) == canonical(file); });
    const auto index = static_cast<std::size_t>(at - files.edges.begin());
    if (at == files.edges.end()) {
      files.edges.push_back(file);
      evaluated.push_back(true);
    }
    evaluated[index] = true;
  }
  return evaluated;
}

bool takes_held_out(const std::vector<std::string>& wanted, graph::HeldOut held_out) {
  if (wanted.empty()) return true;
  const std::string name = held_out == graph::HeldOut::kNone ? "none" : std::string(graph::name(held_out));
  return std::ranges::find(wanted, name) != wanted.end();
}

void check_held_out(const std::vector<std::string>& wanted) {
  for (const std::string& text : wanted) {
    if (text != "none" && (text.empty() || !graph::parse_held_out(text)))
      throw Error(ErrorCode::kUsage, "\"" + text + "\" is none of head, tail, both, none");
  }
}

/// Indices of the relations named. Errors: kInput for names that the graph does not have.
std::vector<bool> wanted_relations(const graph::Graph& graph, const std::vector<std::string>& names) {
  std::vector<bool> out(graph.relations().size(), names.empty());
  for (const std::string& text : names) {
    const graph::Relation wanted = graph::parse_relation(text);
    if (!wanted.head_type.empty()) {
      out[graph::require_relation(graph, text)] = true;
      continue;
    }
    bool found = false;
    for (std::size_t k = 0; k < out.size(); ++k) {
      if (graph.relations()[k].name == wanted.name) out[k] = found = true;
    }
    if (!found) graph::require_relation(graph, text);  // throws, with the nearest name
  }
  return out;
}

class LinkEvaluation {
 public:
  LinkEvaluation(const LinkEvaluationOptions& options, std::size_t threads, Progress& progress)
      : options_(options), threads_(threads), progress_(progress) {
    check_held_out(options.held_out);
    if (!options.as_relation.empty()) as_relation_ = graph::parse_relation(options.as_relation);
  }

  Analysis run(const MakeLinkScorer& make_scorer) {
    files_ = graph_files(options_.graph.paths);
    const std::vector<bool> is_evaluated = add_edge_files(files_, options_.edges);
    read_ = graph::read_graph(files_, {.licence_ok_only = options_.graph.licence_ok_only, .keep_across_files = true},
                              progress_);
    for (const graph::Edge& edge : read_.graph.edges()) evaluated_.push_back(is_evaluated[edge.file]);
    const auto scorer = make_scorer(read_, files_);
    const std::vector<std::uint32_t> edges = chosen_edges(*scorer);
    const KnownLinks known(read_.graph);
    const LinkRanks ranks = rank_links(read_.graph, known, edges, *scorer,
                                       {.as_relation = as_relation_,
                                        .filter_pair = options_.filter == "pair",
                                        .all_nodes = options_.all_nodes,
                                        .threads = threads_},
                                       progress_);
    return report(*scorer, ranks);
  }

 private:
  std::vector<std::uint32_t> chosen_edges(const LinkScorer& scorer) {
    std::vector<bool> wanted = wanted_relations(read_.graph, options_.relations);
    leave_unknown(scorer, wanted);
    std::vector<std::uint32_t> out;
    for (std::uint32_t k = 0; k < read_.graph.edges().size(); ++k) {
      const graph::Edge& edge = read_.graph.edges()[k];
      if (evaluated_[k] && wanted[edge.relation] && takes_held_out(options_.held_out, edge.held_out)) out.push_back(k);
    }
    if (!out.empty()) return out;
    throw Error(ErrorCode::kInput, "no edge is left to find")
        .in_file(join(options_.edges, ", "))
        .remedy("see --relation and --held-out; molbridge graph info shows what there is");
  }

  /// Errors: kModel, naming what the scorer does not know.
  void leave_unknown(const LinkScorer& scorer, std::vector<bool>& wanted) {
    std::vector<bool> occurs(wanted.size());
    for (std::size_t k = 0; k < evaluated_.size(); ++k) {
      if (evaluated_[k]) occurs[read_.graph.edges()[k].relation] = true;
    }
    std::vector<std::string> unknown;
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      if (!wanted[k] || !occurs[k]) continue;
      const graph::Relation& relation = read_.graph.relations()[k];
      graph::Relation asked = relation;
      if (as_relation_) asked.name = as_relation_->name;
      for (const std::string& what : scorer.unknown(std::span(&asked, 1))) {
        wanted[k] = false;
        if (std::ranges::find(unknown, what) == unknown.end()) unknown.push_back(what);
      }
      if (!wanted[k]) passed_over_.push_back(graph::describe(relation));
    }
    if (unknown.empty() || options_.known_only) return;
    throw Error(ErrorCode::kModel, scorer.name() + " does not know " + join(unknown, ", "))
        .remedy(
            "choose relations with --relation, pass over the unknown ones with --known-only, or ask through another "
            "relation with --as-relation");
  }

  Analysis report(const LinkScorer& scorer, const LinkRanks& ranks) {
    Analysis analysis{.kind = "links"};
    analysis.facts = {{"scorer", scorer.name()},
                      {"digest", scorer.digest()},
                      {"as_relation", options_.as_relation},
                      {"held_out", join(options_.held_out, ",")},
                      {"filter", options_.filter},
                      {"candidates", std::string(options_.all_nodes ? "all nodes of the tail type"
                                                                    : "nodes of the tail type that have a modality")},
                      {"ties", std::string("against the tail: the worst rank among equal scores")},
                      {"unit", std::string("percent")},
                      {"interval", std::string("95 %, percentile bootstrap over head nodes")},
                      {"min_tail_frequency", options_.min_tail_frequency},
                      {"seed", options_.seed},
                      {"resamples", static_cast<std::uint64_t>(options_.resamples)}};
    for (const std::string& file : options_.edges) analysis.facts.emplace_back("evaluated_file", file);
    analysis.tables = link_tables(read_.graph, ranks.edges,
                                  {.evaluated = evaluated_,
                                   .min_tail_frequency = options_.min_tail_frequency,
                                   .bootstrap = {.seed = options_.seed, .resamples = options_.resamples}});
    add_skipped(analysis, ranks);
    add_read_facts(analysis, files_, read_);
    return analysis;
  }

  void add_skipped(Analysis& analysis, const LinkRanks& ranks) const {
    Table table{.columns = {"what", "count", "first"}, .rows = {}};
    const auto without = std::ranges::find(ranks.edges, true, &LinkRank::without_modality);
    if (without != ranks.edges.end()) {
      const graph::Edge& edge = read_.graph.edges()[without->edge];
      table.rows.push_back(
          {std::string("edges with an end without modality"),
           static_cast<std::uint64_t>(std::ranges::count(ranks.edges, true, &LinkRank::without_modality)),
           read_.graph.nodes()[edge.head].id + ", " + read_.graph.nodes()[edge.tail].id});
    }
    for (const ReasonGroup& group : ranks.failures) table.rows.push_back({group.reason, group.count, group.where});
    for (const std::string& relation : passed_over_) {
      table.rows.push_back({std::string("relation that the model does not know"), std::uint64_t{1}, relation});
      analysis.remarks.push_back("passed over, unknown to the model: " + relation);
    }
    for (const ReasonGroup& group : ranks.failures) analysis.skipped += group.count;
    analysis.tables.emplace_back("skipped", std::move(table));
  }

  const LinkEvaluationOptions& options_;
  std::size_t threads_;
  Progress& progress_;
  std::optional<graph::Relation> as_relation_;
  graph::GraphFiles files_;
  graph::ReadGraph read_;
  std::vector<bool> evaluated_;  // per edge
  std::vector<std::string> passed_over_;
};

}  // namespace

Analysis evaluate_links(const LinkEvaluationOptions& options, const MakeLinkScorer& make_scorer, std::size_t threads,
                        Progress& progress) {
  return LinkEvaluation(options, threads, progress).run(make_scorer);
}

Analysis evaluate_links(const LinkEvaluationOptions& options, const LinkModelChoice& model, std::size_t threads,
                        Progress& progress) {
  const auto opened = open_link_model(model);  // before the graph is read: a wrong folder is said at once
  return evaluate_links(
      options,
      [&](const graph::ReadGraph& read, const graph::GraphFiles&) {
        return std::make_unique<LinkModelScorer>(opened, read.graph);
      },
      threads, progress);
}

}  // namespace molbridge::service
