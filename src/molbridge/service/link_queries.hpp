#pragma once
// What a user means by a node, a new entity, a relation and a type. Private to the service.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/service/link.hpp"
#include "molbridge/service/query_items.hpp"

namespace molbridge::service {

struct LinkQuery {
  QueryItem item;
  retrieve::LinkEntity entity;
  retrieve::LinkRelation relation;
  std::optional<std::uint32_t> node;  ///< of the graph; also of a new structure that turns out to be one
  std::string name;                   ///< of the node, or the content as given
  std::string text;                   ///< of the node, ""
  std::string reason;                 ///< why it cannot be asked for, ""
  std::vector<std::string> notes;
  std::vector<float> vector;
};

/// All queries with entities and relations; `to` is what is to be ranked, found where the options do not say. Errors: as link().
std::vector<LinkQuery> resolve_link_queries(const LinkEngine& engine, const LinkOptions& options, std::string& to);

/// Nodes of a type by the InChIKey first block of their structure, which is computed where the file has none; of several the first.
std::unordered_map<std::string, std::uint32_t> nodes_by_structure(const graph::Graph& graph, const std::string& type,
                                                                  std::size_t threads);

}  // namespace molbridge::service
