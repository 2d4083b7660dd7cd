#include "molbridge/graph/primekg.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/graph/write_graph.hpp"

namespace molbridge::graph {
namespace {

constexpr std::string_view kFile =
    "relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source\n"
    "protein_protein,ppi,0,9796,gene/protein,PHYHIP,NCBI,1,56992,gene/protein,KIF15,NCBI\n"
    "drug_protein,target,2,DB1,drug,\"acid, \"\"pure\"\"\",DrugBank,0,9796,gene/protein,PHYHIP,NCBI\n"
    "disease_phenotype,phenotype present,3,12_34,disease,long name,MONDO_grouped,4,77,effect/phenotype,ache,HPO\n"
    "protein_protein,ppi,1,56992,gene/protein,KIF15,NCBI,0,9796,gene/protein,PHYHIP,NCBI\n"
    "drug_protein,target,0,9796,gene/protein,PHYHIP,NCBI,2,DB1,drug,\"acid, \"\"pure\"\"\",DrugBank\n";

ReadGraph read(std::string_view text, const std::string& content = "", bool drop_mirrored = true) {
  const auto kg = LineSource::from_memory("kg.csv", text);
  const auto side = LineSource::from_memory("side", content);
  std::vector<LineSource*> sides;
  if (!content.empty()) sides.push_back(side.get());
  return read_primekg(*kg, sides, drop_mirrored);
}

TEST(PrimeKg, QuotedRows_GiveNodesAndOneDirection) {
  const ReadGraph got = read(kFile);
  ASSERT_EQ(got.graph.nodes().size(), 5U);
  EXPECT_EQ(got.graph.edges().size(), 3U);
  EXPECT_EQ(got.findings.count(Problem::kMirroredEdge), 2U);
  EXPECT_EQ(got.findings.total(), 2U) << testing::PrintToString(got.findings.sentences());
  EXPECT_EQ(got.graph.nodes()[2].id, "DrugBank:DB1");
  EXPECT_EQ(got.graph.nodes()[2].name, "acid, \"pure\"");
  EXPECT_FALSE(got.graph.nodes()[2].has_modality);
  EXPECT_EQ(got.graph.nodes()[3].text, "Name: long name.");
  EXPECT_TRUE(got.graph.nodes()[3].has_modality);
  EXPECT_TRUE(got.graph.find_relation("target", "drug", "gene/protein"));
  EXPECT_FALSE(got.graph.find_relation("target", "gene/protein", "drug"));
}

TEST(PrimeKg, BothDirections_OnRequest) { EXPECT_EQ(read(kFile, "", false).graph.edges().size(), 5U); }

TEST(PrimeKg, Content_JoinsByIndexOrId) {
  const ReadGraph by_index = read(kFile, "node_index,smiles,text\n2,CCO,\"a, b\"\n99,C,x\n");
  EXPECT_EQ(by_index.graph.nodes()[2].smiles, "CCO");
  EXPECT_EQ(by_index.graph.nodes()[2].text, "a, b");
  EXPECT_TRUE(by_index.graph.nodes()[2].has_modality);
  EXPECT_EQ(by_index.findings.count(Problem::kUnknownKey), 1U);
  const ReadGraph by_id = read(kFile, "node_id\tsequence\nNCBI:9796\tMKV\n");
  EXPECT_EQ(by_id.graph.nodes()[0].sequence, "MKV");
}

TEST(PrimeKg, CutAtEveryByte_IsAnErrorOrCounted) {
  for (std::size_t cut = 0; cut < kFile.size(); ++cut) {
    const std::string_view part = kFile.substr(0, cut);
    const auto whole = static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    try {
      const ReadGraph got = read(part, "", false);
      EXPECT_GE(got.graph.edges().size() + got.findings.total() + 1, whole) << cut;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput) << error.what();
    }
  }
}

TEST(PrimeKg, Numbers_AreThoseOfThePublishedWeights) {
  EXPECT_EQ(primekg_types()[1], "gene/protein");
  EXPECT_EQ(primekg_types()[6], "drug");
  EXPECT_EQ(primekg_relations()[2], "interacts with");
  EXPECT_EQ(primekg_relations()[11], "indication");
  EXPECT_EQ(primekg_relations()[17], "carrier");
}

TEST(WriteGraph, ReadsBackAsItWas) {
  const ReadGraph got = read(kFile, "node_id\tsmiles\nDrugBank:DB1\tCCO\n");
  const std::string folder = testing::TempDir() + "written_graph";
  write_graph(got.graph, folder);
  const ReadGraph again = read_graph(graph_files_of(folder));
  EXPECT_EQ(again.findings.total(), 0U);
  ASSERT_EQ(again.graph.nodes().size(), got.graph.nodes().size());
  EXPECT_EQ(again.graph.nodes()[2].name, got.graph.nodes()[2].name);
  EXPECT_EQ(again.graph.nodes()[2].smiles, "CCO");
  EXPECT_EQ(again.graph.edges().size(), got.graph.edges().size());
  EXPECT_EQ(again.graph.relations(), got.graph.relations());
}

}  // namespace
}  // namespace molbridge::graph
