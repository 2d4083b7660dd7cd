#include "molbridge/service/baseline_scorers.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "molbridge/core/error.hpp"

namespace molbridge::service {
namespace {

/// Three alcohols and a ring that bind genes; diseases without a text.
graph::Graph small_graph() {
  std::vector<graph::Node> nodes;
  const auto add = [&](const std::string& id, const std::string& type, const std::string& smiles) {
    graph::Node node;
    node.id = id;
    node.type = type;
    node.smiles = smiles;
    node.has_modality = !smiles.empty();
    nodes.push_back(node);
  };
  add("ethanol", "compound", "CCO");
  add("propanol", "compound", "CCCO");
  add("butanol", "compound", "CCCCO");
  add("benzene", "compound", "c1ccccc1");
  for (const auto* gene : {"g0", "g1", "g2"}) add(gene, "gene_protein", "");
  return {std::move(nodes),
          {{"binds", "compound", "gene_protein"}, {"resembles", "compound", "compound"}},
          {{.head = 0, .relation = 0, .tail = 4},
           {.head = 3, .relation = 0, .tail = 5},
           {.head = 1, .relation = 0, .tail = 5},
           {.head = 2, .relation = 0, .tail = 6},  // not for training
           {.head = 0, .relation = 1, .tail = 1}}};
}

const std::vector<std::uint32_t> kTraining{0, 1, 2, 4};
const std::vector<std::uint32_t> kGenes{4, 5, 6};

std::vector<float> scores_of(LinkScorer& scorer, const graph::Graph& graph, std::uint32_t head, std::size_t relation,
                             const std::vector<std::uint32_t>& tails) {
  scorer.set_tails(graph.nodes()[tails.front()].type, tails, 1);
  std::vector<float> scores(tails.size());
  EXPECT_EQ(scorer.score(std::span(&head, 1), graph.relations()[relation], 1, scores).front(), "");
  return scores;
}

TEST(DegreeScorer, Score_AnyHead_IsTheTrainingDegreeOfTheTail) {
  const graph::Graph graph = small_graph();
  const auto scorer = make_baseline_scorer("degree", graph, kTraining);
  EXPECT_EQ(scores_of(*scorer, graph, 2, 0, kGenes), (std::vector<float>{1, 2, 0}));
  EXPECT_EQ(scores_of(*scorer, graph, 3, 1, {0, 1, 2}), (std::vector<float>{1, 1, 0}));  // symmetric: both ends
}

TEST(NeighbourScorer, Score_AlikeHead_BringsItsTails) {
  const graph::Graph graph = small_graph();
  const auto scorer = make_baseline_scorer("neighbours", graph, kTraining, {.neighbours = 1});
  const auto scores = scores_of(*scorer, graph, 2, 0, kGenes);  // butanol: nearest is propanol
  EXPECT_GT(scores[1], 0.1);
  EXPECT_LT(scores[0], 0.01);
  const auto own = scores_of(*scorer, graph, 1, 0, kGenes);  // propanol itself is no neighbour: ethanol is
  EXPECT_GT(own[0], 0.1);
  EXPECT_LT(own[1], 0.01);
}

TEST(NeighbourScorer, Score_EqualVotes_GoByDegree) {
  const graph::Graph graph = small_graph();
  const auto scorer = make_baseline_scorer("neighbours", graph, {0, 2, 1}, {.neighbours = 1});
  const auto scores = scores_of(*scorer, graph, 0, 0, kGenes);
  EXPECT_GT(scores[1], scores[0]);
  EXPECT_GT(scores[0], scores[2]);
}

TEST(FrozenScorer, Score_OneEncoderForBothEnds_IsTheCosine) {
  const graph::Graph graph = small_graph();
  const auto scorer = make_baseline_scorer("frozen", graph, {});
  const auto scores = scores_of(*scorer, graph, 1, 1, {1, 2, 3});
  EXPECT_NEAR(scores[0], 1, 1e-6);
  EXPECT_GT(scores[1], scores[2]);
  EXPECT_NEAR(scores[2], 0, 1e-6);
}

TEST(BaselineScorers, Unknown_WhatTheyCannotScore_IsNamed) {
  const graph::Graph graph = small_graph();
  const graph::Relation unseen{"treats", "compound", "disease"};
  EXPECT_EQ(make_baseline_scorer("degree", graph, kTraining)->unknown(std::span(&unseen, 1)).size(), 1U);
  EXPECT_EQ(make_baseline_scorer("neighbours", graph, kTraining)->unknown(graph.relations()).size(), 0U);
  EXPECT_EQ(make_baseline_scorer("frozen", graph, {})->unknown(graph.relations()).size(), 1U);  // compound, gene
  EXPECT_THROW(make_baseline_scorer("random", graph, {}), Error);
}

}  // namespace
}  // namespace molbridge::service
