#include "molbridge/service_train/graph_data.hpp"

#include <algorithm>
#include <map>

#include "molbridge/core/text.hpp"
#include "molbridge/graph/read_graph.hpp"

namespace molbridge::service_train {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& value, const std::vector<std::string>& known) {
  Error error(ErrorCode::kUsage, key + ": \"" + value + "\" is not in the graph");
  if (const auto near = nearest(value, known)) error.remedy("Did you mean \"" + *near + "\"?");
  throw error;
}

/// Which relations, by index, are left out. Every entry must name one.
std::vector<bool> left_out_relations(const graph::Graph& graph, const GraphDataSettings& settings) {
  std::vector<bool> out(graph.relations().size(), false);
  std::vector<std::string> known;
  for (const auto& relation : graph.relations()) known.insert(known.end(), {relation.name, graph::describe(relation)});
  for (const std::string& entry : settings.leave_out_relations) {
    bool found = false;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (known[2 * i] == entry || known[2 * i + 1] == entry) found = out[i] = true;
    }
    if (!found) refuse("graph.leave_out_relations", entry, known);
  }
  for (const std::string& type : settings.leave_out_types) {
    if (!graph.find_type(type)) refuse("graph.leave_out_types", type, graph.types());
    for (std::size_t i = 0; i < out.size(); ++i)
      if (graph.relations()[i].head_type == type || graph.relations()[i].tail_type == type) out[i] = true;
  }
  return out;
}

/// Counts by reason what it leaves out.
std::vector<std::uint32_t> choose_edges(const graph::Graph& graph, const GraphDataSettings& settings,
                                        std::map<std::string, std::uint64_t>& left_out) {
  const std::vector<bool> relation_left_out = left_out_relations(graph, settings);
  std::vector<std::uint32_t> kept;
  for (std::size_t i = 0; i < graph.edges().size(); ++i) {
    const graph::Edge& edge = graph.edges()[i];
    if (relation_left_out[edge.relation]) {
      ++left_out["relation or type left out"];
    } else if (settings.require_modality &&
               !(graph.nodes()[edge.head].has_modality && graph.nodes()[edge.tail].has_modality)) {
      ++left_out["an end that no encoder takes"];
    } else {
      kept.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return kept;
}

std::uint64_t nodes_with_edges(const GraphData& data) {
  std::vector<bool> seen(data.graph.nodes().size(), false);
  for (const std::uint32_t index : data.training_edges) {
    const graph::Edge& edge = data.graph.edges()[index];
    seen[edge.head] = seen[edge.tail] = true;
  }
  return static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), true));
}

std::uint64_t relations_with_edges(const GraphData& data) {
  std::vector<bool> seen(data.graph.relations().size(), false);
  for (const std::uint32_t index : data.training_edges) seen[data.graph.edges()[index].relation] = true;
  return static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), true));
}

}  // namespace

GraphDataSettings read_graph_settings(const Config& config, bool require_modality) {
  GraphDataSettings out;
  out.nodes = config.text("graph.nodes", "");
  out.edges = config.texts("graph.edges");
  out.licence_ok_only = config.flag("graph.licence_ok", out.licence_ok_only);
  out.require_modality = config.flag("graph.require_modality", require_modality);
  out.leave_out_relations = config.texts("graph.leave_out_relations");
  out.leave_out_types = config.texts("graph.leave_out_types");
  if (out.nodes.empty()) throw Error(ErrorCode::kUsage, "graph.nodes names no file").in_file(config.name());
  if (out.edges.empty()) throw Error(ErrorCode::kUsage, "graph.edges names no file").in_file(config.name());
  return out;
}

void write_graph_settings(const GraphDataSettings& settings, ConfigWriter& out) {
  out.text("graph.nodes", settings.nodes);
  out.texts("graph.edges", settings.edges);
  out.flag("graph.licence_ok", settings.licence_ok_only);
  out.flag("graph.require_modality", settings.require_modality);
  out.texts("graph.leave_out_relations", settings.leave_out_relations);
  out.texts("graph.leave_out_types", settings.leave_out_types);
}

std::vector<std::string> inputs_of(const GraphDataSettings& settings) {
  std::vector<std::string> files{settings.nodes};
  files.insert(files.end(), settings.edges.begin(), settings.edges.end());
  return files;
}

GraphData load_graph_data(const GraphDataSettings& settings, const JobContext& context) {
  graph::ReadGraph read = graph::read_graph({settings.nodes, settings.edges},
                                            {.licence_ok_only = settings.licence_ok_only}, *context.progress);
  for (const std::string& sentence : read.findings.sentences()) context.say(sentence);
  std::map<std::string, std::uint64_t> left_out;
  if (read.licence_left_out > 0) left_out["licence not open"] = read.licence_left_out;
  GraphData out{std::move(read.graph), {}};
  out.training_edges = choose_edges(out.graph, settings, left_out);
  if (out.training_edges.empty())
    throw Error(ErrorCode::kUsage, "no edge is left to train on")
        .in_file(settings.edges.front())
        .remedy("Look at graph.licence_ok, graph.require_modality and graph.leave_out_relations.");
  std::string text = format_count(out.training_edges.size()) + " training edges of " +
                     format_count(relations_with_edges(out)) + " relations between " +
                     format_count(nodes_with_edges(out)) + " of " + format_count(out.graph.nodes().size()) + " nodes";
  for (const auto& [reason, count] : left_out) text += "; " + format_count(count) + " edges left out: " + reason;
  context.say(text);
  return out;
}

void write_graph_facts(const GraphData& data, nn::ModelFolderWriter& writer) {
  writer.manifest.integer("training.nodes", static_cast<std::int64_t>(nodes_with_edges(data)));
  writer.manifest.integer("training.edges", static_cast<std::int64_t>(data.training_edges.size()));
  writer.manifest.integer("training.relations", static_cast<std::int64_t>(relations_with_edges(data)));
}

}  // namespace molbridge::service_train
