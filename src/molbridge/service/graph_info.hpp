#pragma once
// Use cases: what a graph holds, whether its folds leak, new folds, PrimeKG as tables. docs/graph.md.

#include <string>
#include <vector>

#include "molbridge/service/graph_input.hpp"

namespace molbridge::service {

/// Tables: "relations", "types", "findings". Errors: as graph::read_graph().
Analysis describe_graph(const GraphInput& input, Progress& progress);

struct GraphCheckOptions {
  GraphInput input;
  /// Of the edge files, those that are not for training; empty: those with val or test in their name.
  std::vector<std::string> held_out;
};

/// Tables: "leaks", "findings". `skipped` counts leaks and faults of the files; a pair under another relation and an unknown column are told and
/// not counted. Errors: kUsage for a held-out file that is none of the edge files.
Analysis check_graph(const GraphCheckOptions& options, Progress& progress);

struct GraphSplitOptions {
  GraphInput input;
  std::string by = "head-nodes";  ///< or "edges"
  double test_share = 0.10;
  double val_share = 0.05;
  std::string salt = "molbridge-kg-1:";
  std::uint64_t seed = 1;
  bool drop_mirrored = false;
  std::string output;  ///< folder
};

/// Writes nodes.tsv and edges_{train,val,test}.tsv. Table "folds": edges and nodes of each. Checks the finished folds for leaks: one is a
/// defect, kInternal. Errors: kUsage, kInput, kOutput.
Analysis split_graph(const GraphSplitOptions& options, Progress& progress);

struct GraphImportOptions {
  std::string input;                 ///< kg.csv
  std::vector<std::string> content;  ///< tables of texts, structures, sequences
  bool both_directions = false;
  std::string output;  ///< folder
};

/// PrimeKG as nodes.tsv and edges.tsv. Tables: "relations", "types", "findings".
Analysis import_primekg(const GraphImportOptions& options, Progress& progress);

}  // namespace molbridge::service
