#pragma once
// Graphs of a few lines for tests.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/graph/read_graph.hpp"

namespace molbridge::graph {

inline ReadGraph graph_from(std::string_view nodes, const std::vector<std::string>& edges,
                            const GraphReadOptions& options = {}) {
  const auto node_lines = LineSource::from_memory("nodes.tsv", nodes);
  std::vector<std::unique_ptr<LineSource>> owned;
  std::vector<LineSource*> edge_lines;
  for (std::size_t k = 0; k < edges.size(); ++k) {
    owned.push_back(LineSource::from_memory("edges" + std::to_string(k) + ".tsv", edges[k]));
    edge_lines.push_back(owned.back().get());
  }
  return read_graph(*node_lines, edge_lines, options);
}

/// Two drugs, three genes of which one has no sequence, two diseases.
inline constexpr std::string_view kSmallNodes =
    "node_id\ttype\tname\ttext\tsmiles\tinchikey14\tsequence\tlicence_ok\thas_modality\tsplit\n"
    "C::1\tcompound\taspirin\tName: aspirin.\tCC(=O)Oc1ccccc1C(=O)O\tBSYNRYMUTXBXSQ\t\t1\t1\ttrain\n"
    "C::2\tcompound\tethanol\tName: ethanol.\tCCO\tLFQSCWFLJHTTHZ\t\t0\t1\ttest\n"
    "G::1\tgene_protein\tPTGS1\tName: PTGS1.\t\t\tMSRSLLLRF\t1\t1\ttrain\n"
    "G::2\tgene_protein\tPTGS2\tName: PTGS2.\t\t\tMLARALLLC\t1\t1\tval\n"
    "G::3\tgene_protein\tADH1\tName: ADH1.\t\t\t\t1\t0\t\n"
    "D::1\tdisease\tpain\tName: pain. Definition: it hurts.\t\t\t\t1\t1\ttrain\n"
    "D::2\tdisease\t\"cold\"\tName: cold.\t\t\t\t1\t1\t\n";

inline const std::string kSmallEdges =
    "head\trelation\ttail\tlicence_ok\theld_out\n"
    "C::1\tbinds\tG::1\t1\t\n"
    "C::1\tbinds\tG::2\t0\ttail\n"
    "C::1\ttreats\tD::1\t1\t\n"
    "C::2\tbinds\tG::3\t1\thead\n"
    "G::1\tinteracts\tG::3\t1\t\n"
    "D::1\tbinds\tG::1\t1\t\n";

}  // namespace molbridge::graph
