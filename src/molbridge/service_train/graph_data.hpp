#pragma once
// The graph that a model of links is trained on, and which of its edges: keys [graph] of a config.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/graph/graph.hpp"
#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

struct GraphDataSettings {
  std::string nodes;               ///< graph.nodes
  std::vector<std::string> edges;  ///< graph.edges; the edges of training and no others
  bool licence_ok_only = true;     ///< graph.licence_ok: a model that is shipped learns from open data alone
  bool require_modality = false;   ///< graph.require_modality: leave out edges of nodes that no encoder takes
  /// graph.leave_out_relations: names ("treats") or whole relations ("compound treats disease"), for zero-shot.
  std::vector<std::string> leave_out_relations;
  std::vector<std::string> leave_out_types;  ///< graph.leave_out_types: node types, with all their edges
};

/// `require_modality`: the default of the kind. Errors: kUsage when nodes or edges are not named.
GraphDataSettings read_graph_settings(const Config& config, bool require_modality);
void write_graph_settings(const GraphDataSettings& settings, ConfigWriter& out);
/// Files whose bytes decide.
std::vector<std::string> inputs_of(const GraphDataSettings& settings);

struct GraphData {
  graph::Graph graph;                         ///< every node of the file, whether it has training edges or not
  std::vector<std::uint32_t> training_edges;  ///< indices into graph.edges(), rising
};

/// Reads, leaves out what the settings say and says the totals and what was wrong. Errors: kInput; kUsage for a relation or type that is not in
/// the graph, with the nearest one, and where no edge is left.
GraphData load_graph_data(const GraphDataSettings& settings, const JobContext& context);

/// Manifest keys training.nodes (with an edge), training.edges and training.relations. The last of a job's own.
void write_graph_facts(const GraphData& data, nn::ModelFolderWriter& writer);

}  // namespace molbridge::service_train
