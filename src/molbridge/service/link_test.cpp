#include "molbridge/service/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"
#include "molbridge/graph/test_graph.hpp"
#include "molbridge/service/link_marks.hpp"

namespace molbridge::service {
namespace {

using testing::HasSubstr;

/// Two numbers per entity: where the last letter of its id stands in the alphabet, and its length.
class FakeModel final : public retrieve::LinkModel {
 public:
  std::string name() const override { return "fake"; }
  std::string digest() const override { return "feedface"; }
  std::uint64_t width() const override { return 2; }
  bank::Similarity similarity() const override { return bank::Similarity::kDot; }
  const std::vector<retrieve::LinkNodeType>& node_types() const override { return types_; }
  const std::vector<retrieve::LinkRelation>& relations() const override { return relations_; }
  bool takes_new_entities() const override { return true; }
  retrieve::EntityVectors heads(std::span<const retrieve::LinkEntity> heads, const retrieve::LinkRelation&,
                                std::size_t) const override {
    return {std::vector<float>(2 * heads.size(), 1.0F), std::vector<std::string>(heads.size()), 0};
  }
  retrieve::EntityVectors tails(std::span<const retrieve::LinkEntity> tails, const std::string&,
                                std::size_t) const override {
    retrieve::EntityVectors vectors{{}, std::vector<std::string>(tails.size()), 0};
    for (const auto& tail : tails) {
      vectors.rows.push_back(static_cast<float>(tail.node_id.back()));
      vectors.rows.push_back(0);
    }
    return vectors;
  }
  std::shared_ptr<const bank::Bank> view(std::shared_ptr<const bank::Bank> bank, const std::string&,
                                         std::size_t) const override {
    return bank;
  }

 private:
  std::vector<retrieve::LinkNodeType> types_ = {{"compound", "molecule", "", ""},
                                                {"gene_protein", "protein", "", ""},
                                                {"disease", "text", "", ""},
                                                {"symptom", "text", "", ""}};
  std::vector<retrieve::LinkRelation> relations_ = {{"binds", "compound", "gene_protein"},
                                                    {"treats", "compound", "disease"},
                                                    {"presents", "disease", "symptom"},
                                                    {"resembles", "disease", "disease"},
                                                    {"resembles", "symptom", "symptom"}};
};

LinkEngine engine() {
  LinkEngine out;
  out.model = std::make_shared<FakeModel>();
  out.graph = std::make_shared<graph::Graph>(graph::graph_from(graph::kSmallNodes, {graph::kSmallEdges}).graph);
  out.files = {"nodes.tsv", {"folder/edges0.tsv"}};
  return out;
}

LinkReport run(LinkOptions options) {
  options.output = "";
  return link(engine(), options, no_progress());
}

std::string error_of(const LinkOptions& options, ErrorCode code) {
  try {
    run(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST(LinkTest, NodesWithoutContent_AreCountedAndKnownEdgesMarked) {
  const LinkReport report = run({.nodes = {"C::1"}, .relation = "binds"});
  EXPECT_EQ(report.type, "gene_protein");
  EXPECT_EQ(report.without_content, 1U) << "ADH1 has no sequence";
  const Answer& answer = report.first.at(0);
  ASSERT_EQ(answer.hits.size(), 2U);
  EXPECT_EQ(answer.hits[0].fields[0].text, "G::2");
  EXPECT_EQ(answer.hits[0].fields[3].text, "yes");
  EXPECT_EQ(answer.hits[0].fields[4].text, "binds (edges0.tsv)");
}

TEST(LinkTest, ANode_IsNoCandidateOfItself) {
  const LinkReport report = run({.nodes = {"D::1"}, .relation = "resembles"});
  ASSERT_EQ(report.first.at(0).hits.size(), 1U);
  EXPECT_EQ(report.first.at(0).hits[0].fields[0].text, "D::2");
}

TEST(LinkTest, AStructureOfTheGraph_HasTheEdgesOfItsNode) {
  const LinkReport report = run({.smiles = {"OC(=O)c1ccccc1OC(C)=O"}, .relation = "treats"});
  EXPECT_THAT(report.first.at(0).reason, HasSubstr("C::1 (aspirin)"));
  EXPECT_EQ(report.first.at(0).hits.at(1).fields[3].text, "yes");
}

TEST(LinkTest, ATextOfSeveralTypes_NeedsAType) {
  LinkOptions options{.texts = {"it hurts"}, .relation = "resembles"};
  EXPECT_THAT(error_of(options, ErrorCode::kUsage), HasSubstr("--type: disease, symptom"));
  options.type = "disease";
  EXPECT_EQ(run(options).first.at(0).hits.size(), 2U);
  EXPECT_EQ(run({.texts = {"it hurts"}, .relation = "presents"}).first.at(0).fields[1].text, "disease")
      << "only diseases present";
}

TEST(LinkTest, ARelationThatWasNotTrained_NeedsZeroShot) {
  LinkOptions options{.nodes = {"G::1"}, .relation = "treats", .to = "disease"};
  EXPECT_THAT(error_of(options, ErrorCode::kInput), HasSubstr("compound treats disease"));
  options.zero_shot = true;
  EXPECT_THAT(run(options).first.at(0).reason, HasSubstr("zero-shot"));
}

TEST(LinkTest, UnknownNames_GiveTheNearest) {
  EXPECT_THAT(error_of({.nodes = {"asprin"}, .relation = "treats"}, ErrorCode::kInput), HasSubstr("aspirin"));
  EXPECT_THAT(error_of({.nodes = {"C::1"}, .relation = "treat"}, ErrorCode::kInput), HasSubstr("treats"));
  EXPECT_THAT(error_of({.nodes = {"C::1"}, .relation = "treats", .to = "diseas"}, ErrorCode::kInput),
              HasSubstr("disease"));
}

TEST(LinkMarksTest, EdgesTowardsTheNode_AreInverse) {
  const graph::Graph graph = graph::graph_from(graph::kSmallNodes, {graph::kSmallEdges}).graph;
  const auto gene = *graph.find_node("G::1");
  const auto compound = *graph.find_node("C::1");
  const LinkMarks marks(graph, {"a/edges.tsv"}, {gene});
  const auto mark = marks.between(gene, compound, "binds");
  EXPECT_FALSE(mark.asked);
  EXPECT_EQ(mark.edges, "inverse of binds (edges.tsv)");
  EXPECT_EQ(marks.between(compound, gene, "binds").edges, "") << "not a queried node";
}

}  // namespace
}  // namespace molbridge::service
