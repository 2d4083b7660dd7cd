#pragma once
// How commands about graphs are given one: a folder, or its files.

#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/graph/read_graph.hpp"
#include "molbridge/service/result_table.hpp"

namespace molbridge::service {

struct GraphInput {
  std::vector<std::string> paths;  ///< one folder, or a nodes file and edge files
  bool licence_ok_only = false;
};

/// The files that these paths name. Errors: kUsage for a nodes file alone; kInput as graph::graph_files_of().
graph::GraphFiles graph_files(const std::vector<std::string>& paths);

/// What was read and what was wrong with it, as facts, a table "findings" (problem, count, file, line, what) and remarks for people.
void add_read_facts(Analysis& analysis, const graph::GraphFiles& files, const graph::ReadGraph& read);

/// "edges_val.tsv.gz" of a path.
std::string base_name(const std::string& path);

}  // namespace molbridge::service
