#include "molbridge/service/graph_info.hpp"

#include <algorithm>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/graph/check.hpp"
#include "molbridge/graph/primekg.hpp"
#include "molbridge/graph/split.hpp"
#include "molbridge/graph/statistics.hpp"
#include "molbridge/graph/write_graph.hpp"

namespace molbridge::service {
namespace {

Table relation_table(const graph::Statistics& statistics, const std::vector<std::string>& files) {
  Table table{.columns = {"head_type", "relation", "tail_type", "symmetric", "edges", "licence_ok", "both_encodable",
                          "held_out_head", "held_out_tail", "held_out_both"},
              .rows = {}};
  for (const std::string& file : files) table.columns.push_back(base_name(file));
  std::vector<graph::RelationStatistics> sorted = statistics.relations;
  std::ranges::stable_sort(sorted, std::greater<>(), &graph::RelationStatistics::edges);
  for (const auto& of : sorted) {
    table.rows.push_back({of.relation.head_type, of.relation.name, of.relation.tail_type,
                          std::uint64_t{of.symmetric ? 1U : 0U}, of.edges, of.licence_ok, of.encodable, of.held_out[1],
                          of.held_out[2], of.held_out[3]});
    for (const std::uint64_t count : of.by_file) table.rows.back().emplace_back(count);
  }
  return table;
}

Table type_table(const graph::Statistics& statistics) {
  Table table{.columns = {"type", "nodes", "with_modality", "heads", "train_heads", "val_heads", "test_heads",
                          "isolated", "degree_min", "degree_q1", "degree_median", "degree_q3", "degree_max"},
              .rows = {}};
  for (const auto& of : statistics.types) {
    table.rows.push_back({of.type, of.nodes, of.with_modality, of.heads, of.split_heads[0], of.split_heads[1],
                          of.split_heads[2], of.isolated});
    for (const std::uint64_t degree : of.degrees) table.rows.back().emplace_back(degree);
  }
  return table;
}

Analysis described(const graph::GraphFiles& files, const graph::ReadGraph& read) {
  Analysis analysis{.kind = "graph"};
  const graph::Statistics statistics = graph::statistics(read.graph, files.edges.size());
  analysis.tables.emplace_back("relations", relation_table(statistics, files.edges));
  analysis.tables.emplace_back("types", type_table(statistics));
  add_read_facts(analysis, files, read);
  return analysis;
}

std::uint64_t faults(const graph::Findings& findings) {
  return findings.total() - findings.count(graph::Problem::kUnknownColumn);
}

bool is_held_out(const std::string& file, const std::vector<std::string>& named) {
  if (!named.empty()) return std::ranges::find(named, file) != named.end();
  const std::string name = base_name(file);
  return name.find("val") != std::string::npos || name.find("test") != std::string::npos;
}

/// Per edge file.
std::vector<bool> training_files(const graph::GraphFiles& files, const std::vector<std::string>& held_out) {
  for (const std::string& file : held_out) {
    if (std::ranges::find(files.edges, file) != files.edges.end()) continue;
    throw Error(ErrorCode::kUsage, file + " is none of the edge files")
        .remedy("give one of " + join(files.edges, ", "));
  }
  std::vector<bool> out;
  for (const std::string& file : files.edges) out.push_back(!is_held_out(file, held_out));
  if (std::ranges::count(out, true) > 0 && std::ranges::count(out, false) > 0) return out;
  throw Error(ErrorCode::kUsage, "training and held-out edges are both needed, in files of their own")
      .remedy("say which are not for training: --held-out FILE");
}

void add_leaks(Analysis& analysis, const std::vector<graph::LeakRow>& rows) {
  Table table{.columns = {"leak", "count", "first"}, .rows = {}};
  for (const graph::LeakRow& row : rows) {
    table.rows.push_back({std::string(graph::name(row.leak)), row.count, row.first});
    if (row.leak != graph::Leak::kOtherRelation) analysis.skipped += row.count;
  }
  analysis.tables.emplace_back("leaks", std::move(table));
}

void require_clean(const graph::Graph& graph, const graph::GraphSplit& split) {
  std::vector<bool> in_train;
  for (const graph::Fold fold : split.edges) in_train.push_back(fold == graph::Fold::kTrain);
  for (const graph::LeakRow& row : graph::find_leaks(graph, in_train)) {
    const bool is_fault = row.leak == graph::Leak::kSameEdge || row.leak == graph::Leak::kMirroredEdge;
    MOLBRIDGE_CHECK(row.count == 0 || !is_fault, std::string(graph::name(row.leak)) + ": " + row.first);
  }
}

Table fold_table(const graph::GraphSplit& split) {
  Table table{.columns = {"fold", "edges", "head_nodes", "held_out_head", "held_out_tail", "held_out_both"},
              .rows = {}};
  for (const graph::Fold fold : graph::kFolds) {
    std::uint64_t edges = 0, ends[4] = {};
    for (std::size_t k = 0; k < split.edges.size(); ++k) {
      if (split.edges[k] != fold) continue;
      ++edges;
      ++ends[static_cast<std::size_t>(split.held_out[k])];
    }
    const auto nodes = static_cast<std::uint64_t>(std::ranges::count(split.nodes, graph::name(fold)));
    table.rows.push_back({std::string(graph::name(fold)), edges, nodes, ends[1], ends[2], ends[3]});
  }
  return table;
}

}  // namespace

Analysis describe_graph(const GraphInput& input, Progress& progress) {
  const graph::GraphFiles files = graph_files(input.paths);
  return described(files, graph::read_graph(files, {.licence_ok_only = input.licence_ok_only}, progress));
}

Analysis check_graph(const GraphCheckOptions& options, Progress& progress) {
  const graph::GraphFiles files = graph_files(options.input.paths);
  const std::vector<bool> trains = training_files(files, options.held_out);
  const graph::ReadGraph read =
      graph::read_graph(files, {.licence_ok_only = options.input.licence_ok_only, .keep_across_files = true}, progress);
  std::vector<bool> in_train;
  for (const graph::Edge& edge : read.graph.edges()) in_train.push_back(trains[edge.file]);
  Analysis analysis{.kind = "graph-check"};
  add_leaks(analysis, graph::find_leaks(read.graph, in_train));
  add_read_facts(analysis, files, read);
  analysis.facts.emplace_back("training_edges", static_cast<std::uint64_t>(std::ranges::count(in_train, true)));
  analysis.skipped += faults(read.findings);
  return analysis;
}

Analysis split_graph(const GraphSplitOptions& options, Progress& progress) {
  const graph::GraphFiles files = graph_files(options.input.paths);
  const graph::ReadGraph read = graph::read_graph(
      files, {.licence_ok_only = options.input.licence_ok_only, .drop_mirrored = options.drop_mirrored}, progress);
  const bool by_edges = options.by == "edges";
  const graph::GraphSplit split =
      by_edges
          ? graph::split_by_edges(
                read.graph, {.test_share = options.test_share, .val_share = options.val_share, .seed = options.seed})
          : graph::split_by_heads(
                read.graph, {.test_share = options.test_share, .val_share = options.val_share, .salt = options.salt});
  require_clean(read.graph, split);
  Analysis analysis{.kind = "graph-split"};
  analysis.tables.emplace_back("folds", fold_table(split));
  analysis.facts.emplace_back("by", options.by);
  analysis.facts.emplace_back("test_share", options.test_share);
  analysis.facts.emplace_back("val_share", options.val_share);
  analysis.facts.emplace_back(by_edges ? "seed" : "salt", by_edges ? Cell(options.seed) : Cell(options.salt));
  add_read_facts(analysis, files, read);
  graph::write_graph(read.graph, options.output, &split);
  analysis.skipped = faults(read.findings);
  return analysis;
}

Analysis import_primekg(const GraphImportOptions& options, Progress& progress) {
  const graph::ReadGraph read = graph::read_primekg(
      options.input, {.content = options.content, .drop_mirrored = !options.both_directions}, progress);
  graph::write_graph(read.graph, options.output);
  return described({.nodes = options.input, .edges = {options.input}}, read);
}

}  // namespace molbridge::service
