#pragma once
// Ranks of the tails of edges among all candidates of their type. The inner part of link_evaluation.hpp.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/known_links.hpp"
#include "molbridge/service/link_scorer.hpp"
#include "molbridge/service/reason_tally.hpp"

namespace molbridge::service {

struct LinkRank {
  std::uint32_t edge = 0;            ///< index into the edges of the graph
  bool without_modality = false;     ///< an end is no candidate: skipped
  std::optional<std::uint64_t> raw;  ///< among all candidates; nullopt: skipped, or a miss as the scorer failed
  std::optional<std::uint64_t> filtered;
  std::uint64_t candidates = 0;
  std::uint64_t filtered_candidates = 0;
};

struct LinkRankOptions {
  std::optional<graph::Relation> as_relation;  ///< types empty where those of the edge stay
  bool filter_pair = false;
  bool all_nodes = false;
  std::size_t threads = 1;
};

struct LinkRanks {
  std::vector<LinkRank> edges;        ///< in the order asked for
  std::vector<ReasonGroup> failures;  ///< of the scorer, by reason: nodes
};

/// `edges`: indices into the edges of the graph. Memory: 64 scores per candidate of the largest type.
LinkRanks rank_links(const graph::Graph& graph, const KnownLinks& known, std::vector<std::uint32_t> edges,
                     LinkScorer& scorer, const LinkRankOptions& options, Progress& progress);

}  // namespace molbridge::service
