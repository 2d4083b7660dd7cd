#pragma once
// Scorers of links that were not trained: what any trained model has to beat. docs/graph.md, "Baselines".
//
//   degree       score of a tail = edges that it has under the relation in training, whatever the head
//   neighbours   score of a tail = sum of the cosines between the head and those of its `neighbours` nearest training heads (heads of the relation
//                in training, by the frozen encoder of their type) that are linked to the tail; equal sums go by degree
//   frozen       score of a tail = cosine between the frozen vectors of head and tail; only where one encoder makes both

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/graph/graph.hpp"
#include "molbridge/service/link_evaluation.hpp"
#include "molbridge/service/link_scorer.hpp"

namespace molbridge::service {

struct BaselineScorerOptions {
  std::map<std::string, std::string> encoders;  ///< by modality; texts have no usual one
  std::string cache_folder;                     ///< for frozen vectors; "": memory only
  std::size_t neighbours = 10;
};

/// "degree", "neighbours", "frozen".
const std::vector<std::string>& baseline_scorer_names();

/// `training_edges`: indices into graph.edges() of what may be known; edges of symmetric relations count in both directions. A head is no
/// neighbour of itself. The graph must outlive it. Errors: kUsage for another name, with the list; later, those of the encoders.
std::unique_ptr<LinkScorer> make_baseline_scorer(const std::string& name, const graph::Graph& graph,
                                                 std::vector<std::uint32_t> training_edges,
                                                 const BaselineScorerOptions& options = {});

/// For evaluate_links(): what may be known are the edges of the graph's files that are not `evaluated`. Errors: kUsage as above.
MakeLinkScorer baseline_scorer_of(const std::string& name, const std::vector<std::string>& evaluated,
                                  const BaselineScorerOptions& options);

}  // namespace molbridge::service
