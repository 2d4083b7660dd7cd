#pragma once
// Nodes, types and relations by what people type; what is unknown gives the nearest names. Threads: const use is safe.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "molbridge/graph/graph.hpp"

namespace molbridge::graph {

/// At most `count` of the names, most alike first: by shared trigrams, case ignored. Nothing that shares no trigram, but a name within a typo
/// of a short word. Cost: one pass over the names.
std::vector<std::string> nearest_names(std::string_view word, const std::vector<std::string>& names, std::size_t count);

class NodeLookup {
 public:
  /// The graph must outlive it. Cost: a lower-case copy of each name.
  explicit NodeLookup(const Graph& graph);

  /// An id; else "type:name"; else a name; case is ignored but for ids that differ by it alone. Errors: kInput for an unknown node, with the
  /// nearest names and their ids; kInput for a name of several nodes, with the ids.
  std::uint32_t find(std::string_view text) const;

 private:
  std::vector<std::uint32_t> named(std::string_view text) const;
  [[noreturn]] void refuse_ambiguous(std::string_view text, const std::vector<std::uint32_t>& nodes) const;
  [[noreturn]] void refuse_unknown(std::string_view text) const;
  std::string label(std::uint32_t node) const;

  const Graph& graph_;
  std::unordered_multimap<std::string, std::uint32_t> by_name_;
  std::unordered_map<std::string, std::uint32_t> by_lower_id_;
};

/// Errors: kInput with the nearest type, and all.
std::uint32_t require_type(const Graph& graph, std::string_view type);

/// "treats", or "upregulates:disease:gene_protein" where a name is that of several relations. `head_type` and `tail_type` narrow the choice
/// where not empty. Errors: kInput for none (nearest names) and for several (all of them).
std::uint32_t require_relation(const Graph& graph, std::string_view text, std::string_view head_type = "",
                               std::string_view tail_type = "");
/// The parts of "name:head_type:tail_type"; types empty where only a name is given. Errors: kUsage for one or more than two colons.
Relation parse_relation(std::string_view text);

}  // namespace molbridge::graph
