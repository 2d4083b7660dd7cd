#pragma once
// PrimeKG's kg.csv (Harvard Dataverse IXA7BM): comma-separated, quoted, one row per directed edge, nodes within the rows. Format page:
// docs/formats/graph.md.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/line_source.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/graph/read_graph.hpp"

namespace molbridge::graph {

/// Numbers that BioBridge's published weights go by, in order: types 0-9, relations (display_relation) 0-17. Source: its preprocessing numbers
/// them as they first appear in the file; the table is kept instead of being made again.
std::span<const std::string_view> primekg_types();
std::span<const std::string_view> primekg_relations();

struct PrimeKgOptions {
  /// Tables (.tsv, else comma-separated) with the column node_id ("NCBI:9796") or node_index (x_index of kg.csv), and text, smiles,
  /// inchikey14 or sequence. A later table does not replace what an earlier one gave.
  std::vector<std::string> content;
  /// kg.csv holds every edge in both directions; one of them is kept.
  bool drop_mirrored = true;
};

/// Node ids are "SOURCE:ID" of the file ("DrugBank:DB00945"); a node without text of its own gets "Name: NAME.". Types and relations are named
/// as in the file (display_relation). Errors: kInput for missing columns. Cost: 8 million rows in about 20 s.
ReadGraph read_primekg(const std::string& path, const PrimeKgOptions& options = {}, Progress& progress = no_progress());
/// The same from open inputs.
ReadGraph read_primekg(LineSource& kg, std::span<LineSource* const> content, bool drop_mirrored = true,
                       Progress& progress = no_progress());

}  // namespace molbridge::graph
