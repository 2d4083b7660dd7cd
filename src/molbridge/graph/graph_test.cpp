#include "molbridge/graph/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/graph/test_graph.hpp"

namespace molbridge::graph {
namespace {

using testing::ElementsAre;

Graph small() { return graph_from(kSmallNodes, {kSmallEdges}).graph; }

TEST(Graph, Types_AreInOrderOfTheNodes_WithTheirNodes) {
  const Graph graph = small();
  EXPECT_THAT(graph.types(), ElementsAre("compound", "gene_protein", "disease"));
  EXPECT_THAT(graph.nodes_of("gene_protein"), ElementsAre(2, 3, 4));
  EXPECT_TRUE(graph.nodes_of("side_effect").empty());
  EXPECT_EQ(graph.find_node("D::1"), 5U);
  EXPECT_EQ(graph.find_node("d::1"), std::nullopt);
}

TEST(Graph, Relations_OfOneNameAndOtherTypes_AreApart) {
  const Graph graph = small();
  const auto of_drugs = graph.find_relation("binds", "compound", "gene_protein");
  const auto of_diseases = graph.find_relation("binds", "disease", "gene_protein");
  ASSERT_TRUE(of_drugs && of_diseases);
  EXPECT_NE(*of_drugs, *of_diseases);
  EXPECT_EQ(graph.find_relation("binds", "gene_protein", "compound"), std::nullopt);
  EXPECT_EQ(describe(graph.relations()[*of_diseases]), "disease binds gene_protein");
}

TEST(Graph, Symmetric_IsARelationOfOneTypeThatSaysSo) {
  const Graph graph = small();
  EXPECT_TRUE(graph.is_symmetric(*graph.find_relation("interacts", "gene_protein", "gene_protein")));
  EXPECT_FALSE(graph.is_symmetric(*graph.find_relation("binds", "compound", "gene_protein")));
}

TEST(ContentOf, FollowsTheType_ThenWhatIsThere) {
  const Graph graph = small();
  EXPECT_EQ(content_of(graph.nodes()[0]).modality, "molecule");
  EXPECT_EQ(content_of(graph.nodes()[2]).content, "MSRSLLLRF");
  EXPECT_EQ(content_of(graph.nodes()[4]).modality, "protein");
  EXPECT_TRUE(content_of(graph.nodes()[4]).content.empty()) << "its name must not stand in for the sequence";
  EXPECT_EQ(content_of(graph.nodes()[5]).modality, "text");
  const Node other{.id = "x", .type = "metabolite", .smiles = "CCO"};
  EXPECT_EQ(content_of(other).modality, "molecule");
}

TEST(HeldOut, NamesReadBack) {
  for (const HeldOut value : {HeldOut::kNone, HeldOut::kHead, HeldOut::kTail, HeldOut::kBoth})
    EXPECT_EQ(parse_held_out(name(value)), value);
  EXPECT_EQ(parse_held_out("hea"), std::nullopt);
}

}  // namespace
}  // namespace molbridge::graph
