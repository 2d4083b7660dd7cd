#include "molbridge/graph/read_graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/graph/test_graph.hpp"

namespace molbridge::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string text_of(const Error& error) { return error.what(); }

TEST(ReadGraph, SmallFiles_GiveEveryField) {
  const ReadGraph read = graph_from(kSmallNodes, {kSmallEdges});
  EXPECT_EQ(read.findings.total(), 0U) << testing::PrintToString(read.findings.sentences());
  ASSERT_EQ(read.graph.nodes().size(), 7U);
  ASSERT_EQ(read.graph.edges().size(), 6U);
  EXPECT_EQ(read.graph.nodes()[6].name, "\"cold\"") << "a quote is an ordinary character";
  EXPECT_EQ(read.graph.nodes()[0].inchikey14, "BSYNRYMUTXBXSQ");
  EXPECT_EQ(read.graph.nodes()[1].split, "test");
  EXPECT_FALSE(read.graph.nodes()[4].has_modality);
  EXPECT_EQ(read.graph.edges()[1].held_out, HeldOut::kTail);
  EXPECT_FALSE(read.graph.edges()[1].licence_ok);
}

TEST(ReadGraph, Columns_InAnyOrder_AndMissingOnes_AreFine) {
  const ReadGraph read = graph_from("type\tsmiles\tid\ndrug\tCCO\tb\ndrug\t\ta\n", {"tail\thead\trelation\na\tb\tr\n"});
  EXPECT_EQ(read.findings.total(), 0U);
  EXPECT_TRUE(read.graph.nodes()[0].has_modality);
  EXPECT_FALSE(read.graph.nodes()[1].has_modality);
  ASSERT_EQ(read.graph.edges().size(), 1U);
  EXPECT_EQ(read.graph.edges()[0].head, 0U);
  EXPECT_TRUE(read.graph.edges()[0].licence_ok);
}

TEST(ReadGraph, BadRows_AreLeftOutCountedAndListed) {
  const std::string edges =
      "head\trelation\ttail\textra\n"
      "a\tr\tb\t\n"
      "a\tr\tb\t\n"  // duplicate
      "a\tr\tx\t\n"  // dangling
      "a\tr\ta\t\n"  // self
      "a\tr\n"       // fields
      "a\t\tb\t\n";  // no relation
  const ReadGraph read = graph_from("id\ttype\tname\na\tt\tcaf\xe9\nb\tt\tB\na\tt\tagain\n\tt\tnone\n", {edges});
  const Findings& found = read.findings;
  EXPECT_EQ(read.graph.nodes().size(), 2U);
  EXPECT_EQ(read.graph.edges().size(), 1U);
  EXPECT_EQ(read.graph.nodes()[0].name, "caf\xef\xbf\xbd");
  EXPECT_EQ(found.count(Problem::kBadEncoding), 1U);
  EXPECT_EQ(found.count(Problem::kDuplicateNode), 1U);
  EXPECT_EQ(found.count(Problem::kDuplicateEdge), 1U);
  EXPECT_EQ(found.count(Problem::kDanglingEdge), 1U);
  EXPECT_EQ(found.count(Problem::kSelfEdge), 1U);
  EXPECT_EQ(found.count(Problem::kBadRow), 3U);
  EXPECT_EQ(found.count(Problem::kUnknownColumn), 1U);
  ASSERT_EQ(found.listed(Problem::kDuplicateEdge).size(), 1U);
  EXPECT_EQ(found.listed(Problem::kDuplicateEdge)[0].line, 3U);
  EXPECT_EQ(found.listed(Problem::kDanglingEdge)[0].file, "edges0.tsv");
  EXPECT_THAT(found.sentences(), testing::Contains(HasSubstr("edges0.tsv:4: a r x: no such tail")));
}

TEST(ReadGraph, TextBeyondAscii_IsKeptAsItIs) {
  const ReadGraph read = graph_from("id\ttype\ttext\nnode-with-a-long-identifier\tt\tcaf\xc3\xa9-au-lait\n", {});
  EXPECT_EQ(read.findings.total(), 0U);
  EXPECT_EQ(read.graph.nodes()[0].id, "node-with-a-long-identifier");
  EXPECT_EQ(read.graph.nodes()[0].text, "caf\xc3\xa9-au-lait");
}

TEST(ReadGraph, DuplicateAcrossFiles_KeepsTheFirst) {
  const ReadGraph read =
      graph_from(kSmallNodes, {kSmallEdges, "head\trelation\ttail\nC::1\tbinds\tG::1\nC::2\tbinds\tG::1\n"});
  EXPECT_THAT(read.edges_by_file, ElementsAre(6, 1));
  EXPECT_EQ(read.findings.listed(Problem::kDuplicateEdge)[0].file, "edges1.tsv");
}

TEST(ReadGraph, Mirrored_StayUnlessAskedToGo) {
  const std::string nodes = "id\ttype\na\tt\nb\tt\nc\tu\n";
  const std::string edges = "head\trelation\ttail\nc\tr\ta\nb\ts\ta\na\tr\tc\na\ts\tb\n";
  EXPECT_EQ(graph_from(nodes, {edges}).graph.edges().size(), 4U);
  const ReadGraph once = graph_from(nodes, {edges}, {.drop_mirrored = true});
  EXPECT_EQ(once.findings.count(Problem::kMirroredEdge), 2U);
  ASSERT_EQ(once.graph.relations().size(), 2U) << "the mirrored relation has no edge left";
  EXPECT_EQ(once.graph.relations()[0].head_type, "u") << "the direction that came first";
  EXPECT_EQ(once.graph.nodes()[once.graph.edges()[1].head].id, "b");
}

TEST(ReadGraph, MirroredOfTwoTypes_KeepsOneDirectionWhateverTheOrderOfRows) {
  const std::string nodes = "id\ttype\na\tt\nb\tt\nc\tu\n";
  const ReadGraph read =
      graph_from(nodes, {"head\trelation\ttail\nc\tr\ta\nb\tr\tc\nc\tr\tb\na\tr\tc\n"}, {.drop_mirrored = true});
  ASSERT_EQ(read.graph.relations().size(), 1U);
  EXPECT_EQ(read.graph.edges().size(), 2U);
}

TEST(ReadGraph, LicenceFilter_TakesEdgesAndContent) {
  const ReadGraph read = graph_from(kSmallNodes, {kSmallEdges}, {.licence_ok_only = true});
  EXPECT_EQ(read.licence_left_out, 1U);
  EXPECT_EQ(read.graph.edges().size(), 5U);
  EXPECT_TRUE(read.graph.nodes()[1].smiles.empty());
  EXPECT_FALSE(read.graph.nodes()[1].has_modality);
}

TEST(ReadGraph, WithoutAColumn_NamesItAndTheNearest) {
  try {
    graph_from(kSmallNodes, {"head\trelations\ttail\n"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_THAT(text_of(error), HasSubstr("edges0.tsv:1: no column \"relation\""));
    EXPECT_THAT(text_of(error), HasSubstr("is \"relations\" meant?"));
  }
}

TEST(ReadGraph, EmptyFiles_AreErrors) {
  EXPECT_THROW(graph_from("", {}), Error);
  EXPECT_THROW(graph_from("id\ttype\n", {}), Error);
  EXPECT_EQ(graph_from(kSmallNodes, {"head\trelation\ttail\n"}).graph.edges().size(), 0U);
}

/// Whatever the cut: an error of the input, or every row accounted for.
TEST(ReadGraph, CutAtEveryByte_NeverCrashesNorLosesARowSilently) {
  for (std::size_t cut = 0; cut <= kSmallNodes.size(); ++cut) {
    const std::string_view nodes = kSmallNodes.substr(0, cut);
    const auto rows = static_cast<std::size_t>(std::count(nodes.begin(), nodes.end(), '\n'));
    try {
      const ReadGraph read = graph_from(nodes, {kSmallEdges});
      EXPECT_GE(read.graph.nodes().size() + read.findings.count(Problem::kBadRow) + 1, rows) << cut;
      EXPECT_EQ(read.graph.edges().size() + read.findings.count(Problem::kDanglingEdge), 6U) << cut;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput) << text_of(error);
    }
  }
  for (std::size_t cut = 0; cut <= kSmallEdges.size(); ++cut) {
    try {
      const ReadGraph read = graph_from(kSmallNodes, {kSmallEdges.substr(0, cut)});
      const auto ends = std::count(kSmallEdges.begin(), kSmallEdges.begin() + static_cast<std::ptrdiff_t>(cut), '\n');
      EXPECT_GE(read.graph.edges().size() + read.findings.total() + 1, static_cast<std::size_t>(ends)) << cut;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput) << text_of(error);
    }
  }
}

TEST(ReadGraph, RealGraph_HasTheCountsOfItsPage) {
  const std::string folder = MOLBRIDGE_SOURCE_DIR "/../shared/data/kg";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  const ReadGraph read = read_graph(graph_files_of(folder));
  EXPECT_EQ(read.graph.nodes().size(), 55479U);
  EXPECT_THAT(read.edges_by_file, ElementsAre(958445, 97429));
  EXPECT_EQ(read.graph.relations().size(), 32U);
  EXPECT_EQ(read.findings.total(), 0U) << testing::PrintToString(read.findings.sentences());
  std::size_t proteins = 0;
  for (const auto node : read.graph.nodes_of("gene_protein")) proteins += read.graph.nodes()[node].has_modality ? 1 : 0;
  EXPECT_EQ(proteins, 6763U);
}

TEST(GraphFilesOf, FolderWithoutGraph_SaysWhatIsMissing) {
  const std::string folder = testing::TempDir() + "no_graph";
  std::filesystem::create_directories(folder);
  EXPECT_THROW(graph_files_of(folder), Error);
  EXPECT_THROW(graph_files_of(folder + "/none"), Error);
}

}  // namespace
}  // namespace molbridge::graph
