#include "molbridge/graph/lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "molbridge/core/error.hpp"
#include "molbridge/graph/test_graph.hpp"

namespace molbridge::graph {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refused(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(NodeLookup, IdNameAndTypedName_FindTheNode) {
  const Graph graph = graph_from(kSmallNodes, {kSmallEdges}).graph;
  const NodeLookup lookup(graph);
  EXPECT_EQ(lookup.find("G::2"), 3U);
  EXPECT_EQ(lookup.find("g::2"), 3U);
  EXPECT_EQ(lookup.find("Aspirin"), 0U);
  EXPECT_EQ(lookup.find("disease:PAIN"), 5U);
}

TEST(NodeLookup, AmbiguousName_ListsTheIds_AndTheTypeDecides) {
  const Graph graph = graph_from("id\ttype\tname\na\tdrug\tinsulin\nb\tgene\tInsulin\n", {}).graph;
  const NodeLookup lookup(graph);
  EXPECT_THAT(refused([&] { lookup.find("insulin"); }),
              AllOf(HasSubstr("2 nodes"), HasSubstr("a (drug"), HasSubstr("b (gene")));
  EXPECT_EQ(lookup.find("gene:insulin"), 1U);
}

TEST(NodeLookup, UnknownNode_GivesNearestNames) {
  const Graph graph = graph_from(kSmallNodes, {kSmallEdges}).graph;
  EXPECT_THAT(refused([&] { NodeLookup(graph).find("asprin"); }),
              AllOf(HasSubstr("\"asprin\""), HasSubstr("C::1 (compound aspirin)")));
  EXPECT_THAT(refused([&] { NodeLookup(graph).find("zzz"); }), HasSubstr("nothing there is alike"));
}

TEST(NearestNames, MostAlikeFirst) {
  EXPECT_THAT(nearest_names("hypertension", {"pain", "hypotension", "pulmonary hypertension", "hypertension NOS"}, 2),
              testing::ElementsAre("hypertension NOS", "pulmonary hypertension"));
  EXPECT_THAT(nearest_names("b", {"a"}, 0), testing::IsEmpty());
}

TEST(RequireRelation, NameOrTypes_DecideOne) {
  const Graph graph = graph_from(kSmallNodes, {kSmallEdges}).graph;
  EXPECT_EQ(require_relation(graph, "treats"), *graph.find_relation("treats", "compound", "disease"));
  EXPECT_EQ(require_relation(graph, "binds:disease:gene_protein"),
            *graph.find_relation("binds", "disease", "gene_protein"));
  EXPECT_EQ(require_relation(graph, "binds", "disease"), *graph.find_relation("binds", "disease", "gene_protein"));
  EXPECT_THAT(refused([&] { require_relation(graph, "binds"); }),
              AllOf(HasSubstr("2 relations"), HasSubstr("binds:compound:gene_protein")));
  EXPECT_THAT(refused([&] { require_relation(graph, "bind"); }), HasSubstr("did you mean binds"));
  EXPECT_THAT(refused([&] { require_relation(graph, "treats", "disease"); }), HasSubstr("does not join these types"));
  EXPECT_THAT(refused([&] { require_relation(graph, "a:b"); }), HasSubstr("NAME:HEAD_TYPE:TAIL_TYPE"));
  EXPECT_THAT(refused([&] { require_type(graph, "compund"); }), HasSubstr("did you mean compound?"));
}

}  // namespace
}  // namespace molbridge::graph
