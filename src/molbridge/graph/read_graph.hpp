#pragma once
// A graph from tables of nodes and edges, plain or gzip: tab-separated, UTF-8, a header, no quoting. Format page: docs/formats/graph.md.

#include <span>
#include <string>
#include <vector>

#include "molbridge/core/line_source.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/graph/findings.hpp"
#include "molbridge/graph/graph.hpp"

namespace molbridge::graph {

struct GraphReadOptions {
  /// Leaves out edges and content of nodes whose licence is not open (column licence_ok 0; rows without that column are kept).
  bool licence_ok_only = false;
  /// Of an edge that stands in both directions under one relation between nodes of one type, keep the first and count the other.
  bool drop_mirrored = false;
  /// An edge that stands in several files is kept in each: for looking for leaks between them.
  bool keep_across_files = false;
};

struct GraphFiles {
  std::string nodes;
  std::vector<std::string> edges;  ///< at most 255
};

struct ReadGraph {
  Graph graph;
  Findings findings;
  std::uint64_t licence_left_out = 0;        ///< edges, with licence_ok_only
  std::vector<std::uint64_t> edges_by_file;  ///< kept
};

/// Columns by name, in any order: node_id and type of nodes (name, text, smiles, inchikey14, sequence, split, licence_ok, has_modality where
/// they are); head, relation and tail of edges (licence_ok, held_out). A head or tail is the id of a node, anywhere in the nodes file.
/// Errors: kInput for a file without these columns, without a node, damaged gzip; what is wrong with single rows goes to the findings.
/// Cost: 1.3 million edges in 1-2 s.
ReadGraph read_graph(const GraphFiles& files, const GraphReadOptions& options = {}, Progress& progress = no_progress());

/// The same from open inputs; the names of `edges` are the files.
ReadGraph read_graph(LineSource& nodes, std::span<LineSource* const> edges, const GraphReadOptions& options = {},
                     Progress& progress = no_progress());

/// FOLDER/nodes.tsv[.gz] and every FOLDER/edges*.tsv[.gz] in the order of their names. Errors: kInput where there are none.
GraphFiles graph_files_of(const std::string& folder);

}  // namespace molbridge::graph
