#pragma once
// A graph of typed entities: nodes with what their encoders need (structure, sequence, text), edges with typed relations. Format page:
// docs/formats/graph.md. Readers: read_graph.hpp (TSV), primekg.hpp.
//
// A relation is (head type, name, tail type): "upregulates" of a compound and of a disease are two relations. Edges have one direction; what
// was stored in both is one edge (read_graph.hpp).
//
// Memory: 16 bytes an edge. Threads: const access is safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace molbridge::graph {

struct Node {
  std::string id;    ///< "Gene::1956"; unique in a graph
  std::string type;  ///< "gene_protein"
  std::string name;
  std::string text;  ///< "Name: ... Definition: ..."
  std::string smiles;
  std::string inchikey14;
  std::string sequence;
  std::string split;  ///< "train", "val", "test", or "" where the file says none
  bool licence_ok = true;
  bool has_modality = false;  ///< content_of() gives something
};

struct Relation {
  std::string name;
  std::string head_type;
  std::string tail_type;
  bool operator==(const Relation&) const = default;
};
/// "compound binds gene_protein".
std::string describe(const Relation& relation);

/// Which end of an edge is a held-out node.
enum class HeldOut : std::uint8_t { kNone, kHead, kTail, kBoth };
/// "", "head", "tail", "both".
std::string_view name(HeldOut held_out);
std::optional<HeldOut> parse_held_out(std::string_view text);

/// Indices into nodes() and relations().
struct Edge {
  std::uint32_t head = 0;
  std::uint32_t relation = 0;
  std::uint32_t tail = 0;
  bool licence_ok = true;
  HeldOut held_out = HeldOut::kNone;
  std::uint8_t file = 0;  ///< which of the edge files, from 0
};

/// What the frozen encoder of a node takes. The modality follows from the type (compound and drug: molecule; gene and protein: protein), for
/// other types from what the node has: a SMILES, else a sequence, else a text. An empty content means: no modality, to be skipped.
struct Content {
  std::string_view modality;  ///< "molecule", "protein" or "text"
  std::string_view content;   ///< SMILES, sequence or text, of the node given
};
Content content_of(const Node& node);

class Graph {
 public:
  Graph() = default;
  /// Requires unique ids, and edges within nodes and relations whose types are those of their ends; otherwise kInternal.
  Graph(std::vector<Node> nodes, std::vector<Relation> relations, std::vector<Edge> edges);

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Relation>& relations() const { return relations_; }
  const std::vector<Edge>& edges() const { return edges_; }
  /// In the order of first appearance among the nodes.
  const std::vector<std::string>& types() const { return types_; }

  /// Index into types(). Errors of unknown names with the nearest ones: lookup.hpp.
  std::optional<std::uint32_t> find_type(std::string_view type) const;
  std::uint32_t type_of(std::uint32_t node) const { return type_of_[node]; }
  /// Nodes of a type by rising index; empty for an unknown type.
  std::span<const std::uint32_t> nodes_of(std::string_view type) const;
  std::optional<std::uint32_t> find_node(std::string_view id) const;
  std::optional<std::uint32_t> find_relation(std::string_view name, std::string_view head_type,
                                             std::string_view tail_type) const;
  /// Relations whose two directions mean the same: both ends of one type, and a name that says so (interacts, resembles, covaries, ppi,
  /// synergistic interaction).
  bool is_symmetric(std::uint32_t relation) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::vector<Node> nodes_;
  std::vector<Relation> relations_;
  std::vector<Edge> edges_;
  std::vector<std::string> types_;
  std::vector<std::uint32_t> type_of_;
  std::vector<std::vector<std::uint32_t>> nodes_by_type_;
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> node_by_id_;
};

}  // namespace molbridge::graph
