#pragma once
// Ranks of edges as tables of figures: by relation, head type, degree, and per head. The outer part of link_evaluation.hpp.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/eval/paired.hpp"
#include "molbridge/service/link_ranks.hpp"
#include "molbridge/service/result_table.hpp"

namespace molbridge::service {

struct LinkTableOptions {
  std::vector<bool> evaluated;  ///< [edges of the graph]; the others count for the degree of a tail
  std::uint64_t min_tail_frequency = 0;
  eval::BootstrapOptions bootstrap;
};

/// "summary", "relations", "head_types", "tail_degrees", "head_degrees", "heads"; see link_evaluation.hpp.
std::vector<std::pair<std::string, Table>> link_tables(const graph::Graph& graph, const std::vector<LinkRank>& ranks,
                                                       const LinkTableOptions& options);

}  // namespace molbridge::service
