#include "molbridge/graph/write_graph.hpp"

#include "molbridge/core/files.hpp"

namespace molbridge::graph {
namespace {

/// No quoting in these tables: what would break a row becomes a space.
std::string cell(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return out;
}

std::string flag(bool value) { return value ? "1" : "0"; }

std::string write_nodes(const Graph& graph, const std::string& folder, const GraphSplit* split) {
  AtomicFile file(folder + "/nodes.tsv");
  file.write("node_id\ttype\tname\ttext\tsmiles\tinchikey14\tsequence\tlicence_ok\thas_modality\tsplit\n");
  for (std::size_t k = 0; k < graph.nodes().size(); ++k) {
    const Node& node = graph.nodes()[k];
    file.write(cell(node.id) + "\t" + cell(node.type) + "\t" + cell(node.name) + "\t" + cell(node.text) + "\t" +
               cell(node.smiles) + "\t" + cell(node.inchikey14) + "\t" + cell(node.sequence) + "\t" +
               flag(node.licence_ok) + "\t" + flag(node.has_modality) + "\t" + (split ? split->nodes[k] : node.split) +
               "\n");
  }
  file.commit();
  return folder + "/nodes.tsv";
}

class EdgeFile {
 public:
  EdgeFile(std::string path, const Graph& graph) : path_(std::move(path)), file_(path_), graph_(graph) {
    file_.write("head\trelation\ttail\tlicence_ok\theld_out\n");
  }
  void add(const Edge& edge, HeldOut held_out) {
    file_.write(cell(graph_.nodes()[edge.head].id) + "\t" + cell(graph_.relations()[edge.relation].name) + "\t" +
                cell(graph_.nodes()[edge.tail].id) + "\t" + flag(edge.licence_ok) + "\t" + std::string(name(held_out)) +
                "\n");
  }
  std::string commit() {
    file_.commit();
    return path_;
  }

 private:
  std::string path_;
  AtomicFile file_;
  const Graph& graph_;
};

}  // namespace

std::vector<std::string> write_graph(const Graph& graph, const std::string& folder, const GraphSplit* split) {
  make_folders(folder);
  std::vector<std::string> paths{write_nodes(graph, folder, split)};
  if (split == nullptr) {
    EdgeFile file(folder + "/edges.tsv", graph);
    for (const Edge& edge : graph.edges()) file.add(edge, edge.held_out);
    paths.push_back(file.commit());
    return paths;
  }
  for (const Fold fold : kFolds) {
    EdgeFile file(folder + "/edges_" + std::string(name(fold)) + ".tsv", graph);
    for (std::size_t k = 0; k < graph.edges().size(); ++k) {
      if (split->edges[k] == fold) file.add(graph.edges()[k], split->held_out[k]);
    }
    paths.push_back(file.commit());
  }
  return paths;
}

}  // namespace molbridge::graph
