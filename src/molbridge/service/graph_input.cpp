#include "molbridge/service/graph_input.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::service {

graph::GraphFiles graph_files(const std::vector<std::string>& paths) {
  if (paths.size() == 1 && folder_exists(paths[0])) return graph::graph_files_of(paths[0]);
  if (paths.size() < 2) {
    throw Error(ErrorCode::kUsage, "a graph is a folder, or a file of nodes and files of edges")
        .remedy("give DIR, or NODES EDGES...");
  }
  return {.nodes = paths[0], .edges = {paths.begin() + 1, paths.end()}};
}

void add_read_facts(Analysis& analysis, const graph::GraphFiles& files, const graph::ReadGraph& read) {
  analysis.facts.emplace_back("nodes_file", files.nodes);
  for (std::size_t k = 0; k < files.edges.size(); ++k)
    analysis.facts.emplace_back("edges_file_" + std::to_string(k + 1), files.edges[k]);
  analysis.facts.emplace_back("nodes", std::uint64_t{read.graph.nodes().size()});
  analysis.facts.emplace_back("edges", std::uint64_t{read.graph.edges().size()});
  analysis.facts.emplace_back("left_out_by_licence", read.licence_left_out);
  Table table{.columns = {"problem", "count", "file", "line", "what"}, .rows = {}};
  for (std::size_t kind = 0; kind < graph::kNumProblems; ++kind) {
    const auto problem = static_cast<graph::Problem>(kind);
    for (const graph::Finding& finding : read.findings.listed(problem))
      table.rows.push_back(
          {std::string(graph::name(problem)), read.findings.count(problem), finding.file, finding.line, finding.text});
  }
  analysis.tables.emplace_back("findings", std::move(table));
  for (const std::string& sentence : read.findings.sentences()) analysis.remarks.push_back(sentence);
}

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace molbridge::service
