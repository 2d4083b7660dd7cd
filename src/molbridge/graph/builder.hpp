#pragma once
// Puts a graph together from rows in any state: what cannot stay is left out and counted. Private to graph.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "molbridge/graph/findings.hpp"
#include "molbridge/graph/graph.hpp"

namespace molbridge::graph {

/// Where a row stands.
struct Place {
  std::string_view file;
  std::uint64_t line = 0;
};

struct NewEdge {
  std::string_view head;  ///< ids
  std::string_view relation;
  std::string_view tail;
  bool licence_ok = true;
  HeldOut held_out = HeldOut::kNone;
};

/// Nodes first, then edges, then finish() once. Not thread-safe.
class GraphBuilder {
 public:
  explicit GraphBuilder(Findings& findings) : findings_(findings) {}

  void add_node(Node node, const Place& place);
  std::optional<std::uint32_t> find(std::string_view id) const;
  Node& node(std::uint32_t index) { return nodes_[index]; }
  std::size_t num_nodes() const { return nodes_.size(); }

  /// Edges of the file from now on. At most 255 files.
  void start_file(std::string name);
  void add_edge(const NewEdge& edge, std::uint64_t line);
  /// Drops duplicates and, if asked, mirrored edges; relations without an edge go.
  Graph finish(bool drop_mirrored, bool keep_across_files = false);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::uint32_t type_index(const std::string& type);
  std::uint32_t relation_index(std::string_view name, std::uint32_t head, std::uint32_t tail);
  std::vector<bool> repeated(bool drop_mirrored, bool keep_across_files);
  /// Of each relation the one that it mirrors: itself, or the first of the same name with its types exchanged.
  std::vector<std::uint32_t> canonical_relations() const;
  void drop(const std::vector<bool>& dropped);
  void prune_relations();

  Findings& findings_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> type_of_;
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> types_;
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> node_by_id_;
  std::vector<Relation> relations_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> relation_types_;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> lines_;  // of the edges
  std::vector<std::string> files_;
};

}  // namespace molbridge::graph
