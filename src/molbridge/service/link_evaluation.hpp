#pragma once
// Use case: how well held-out edges of a graph are found again. docs/graph.md, "How links are measured".

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "molbridge/service/graph_input.hpp"
#include "molbridge/service/link_scorer.hpp"

namespace molbridge::service {

struct LinkEvaluationOptions {
  GraphInput graph;  ///< what is known: the nodes, the edges of training and what else shall be filtered
  std::vector<std::string>
      edges;  ///< files of the edges to find; one that is not among those of the graph is read besides
  std::vector<std::string> relations;    ///< NAME or NAME:HEAD_TYPE:TAIL_TYPE; empty: all of the edges
  std::vector<std::string> held_out;     ///< of the column held_out: head, tail, both, none; empty: all
  std::string as_relation;               ///< NAME[:HEAD_TYPE:TAIL_TYPE] to ask the scorer for instead (zero-shot)
  std::string filter = "relation";       ///< known answers taken out: of the same relation, or of the "pair" by any
  bool all_nodes = false;                ///< candidates are all nodes of the type, not those with a modality alone
  bool known_only = false;               ///< pass over relations that the scorer does not know instead of refusing
  std::uint64_t min_tail_frequency = 0;  ///< of the table of heads: tails with fewer edges of the relation do not count
  std::uint64_t seed = 1;
  int resamples = 1000;
};

/// Makes the scorer once the graph is read.
using MakeLinkScorer = std::function<std::unique_ptr<LinkScorer>(const graph::ReadGraph&, const graph::GraphFiles&)>;

/// For every edge (h, r, t) of the files: the rank of t among the candidates of its type by the score of (h, r, .), raw and with the other
/// known answers taken out; ties count against t. Tables: "summary" (all edges, macro over relations), "relations", "head_types",
/// "tail_degrees", "head_degrees", "heads" (recall and precision at k of each head), "skipped". Figures in percent; filtered unless a column says raw;
/// intervals resample head nodes. Edges with an end that is no candidate for want of a modality are skipped and counted; where the scorer fails
/// on a node that has one, its edges are misses. Errors: kUsage, kInput; kModel where the scorer does not know a relation or type of the edges.
/// Cost: one score of all candidates per head and relation.
Analysis evaluate_links(const LinkEvaluationOptions& options, const MakeLinkScorer& make_scorer, std::size_t threads,
                        Progress& progress);

/// The same with a trained model.
Analysis evaluate_links(const LinkEvaluationOptions& options, const LinkModelChoice& model, std::size_t threads,
                        Progress& progress);

}  // namespace molbridge::service
