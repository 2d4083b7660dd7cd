#include "molbridge/graph/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/graph/check.hpp"
#include "molbridge/graph/statistics.hpp"
#include "molbridge/graph/test_graph.hpp"

namespace molbridge::graph {
namespace {

/// n drugs on n genes, each drug with three of them, and a ring of genes that interact in both directions.
Graph ring(int n) {
  std::string nodes = "id\ttype\tinchikey14\n", edges = "head\trelation\ttail\n";
  for (int k = 0; k < n; ++k) {
    const std::string a = std::to_string(k), b = std::to_string((k + 1) % n), c = std::to_string((k + 2) % n);
    nodes += "c" + a + "\tcompound\tKEY" + std::to_string(k / 2) + "\ng" + a + "\tgene\t\n";
    for (const std::string& to : {a, b, c}) edges += "c" + a + "\tbinds\tg" + to + "\n";
    edges += "g" + a + "\tinteracts\tg" + b + "\ng" + b + "\tinteracts\tg" + a + "\n";
  }
  return graph_from(nodes, {edges}).graph;
}

std::vector<bool> in_train(const GraphSplit& split) {
  std::vector<bool> out;
  for (const Fold fold : split.edges) out.push_back(fold == Fold::kTrain);
  return out;
}

TEST(SplitByHeads, HeldOutNodes_HaveNoEdgeInTrain) {
  const Graph graph = ring(400);
  const GraphSplit split = split_by_heads(graph);
  std::set<std::uint32_t> seen;
  std::size_t counts[3] = {};
  for (std::size_t k = 0; k < graph.edges().size(); ++k) {
    const Edge& edge = graph.edges()[k];
    ++counts[static_cast<int>(split.edges[k])];
    if (split.edges[k] == Fold::kTrain) {
      EXPECT_EQ(split.nodes[edge.head], "train");
      seen.insert(edge.head);
      seen.insert(edge.tail);
      EXPECT_EQ(split.held_out[k], HeldOut::kNone);
    } else {
      EXPECT_NE(split.held_out[k], HeldOut::kNone);
    }
  }
  for (std::uint32_t k = 0; k < graph.nodes().size(); ++k) {
    EXPECT_FALSE(seen.contains(k) && (split.nodes[k] == "test" || split.nodes[k] == "val"));
  }
  EXPECT_GT(counts[1], 0U);
  EXPECT_GT(counts[2], counts[1]);
  for (std::uint32_t k = 0; k + 1 < graph.nodes().size(); ++k) {
    const bool same_molecule =
        !graph.nodes()[k].inchikey14.empty() && graph.nodes()[k].inchikey14 == graph.nodes()[k + 1].inchikey14;
    EXPECT_TRUE(!same_molecule || split.nodes[k] == split.nodes[k + 1]);
  }
}

TEST(SplitByHeads, Shares_AreMetInThousandths_AndCheckedFirst) {
  const Graph graph = ring(1000);
  const GraphSplit split = split_by_heads(graph, {.test_share = 0.3, .val_share = 0});
  const auto test = std::ranges::count(split.nodes, "test");
  EXPECT_NEAR(static_cast<double>(test), 600, 90);
  EXPECT_EQ(std::ranges::count(split.nodes, "val"), 0);
  EXPECT_THROW(split_by_heads(graph, {.test_share = 0.9, .val_share = 0.2}), Error);
}

TEST(SplitByHeads, RealGraph_HasTheFoldsOfItsPage) {
  const std::string folder = MOLBRIDGE_SOURCE_DIR "/../shared/data/kg";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  const Graph graph = read_graph(graph_files_of(folder)).graph;
  const GraphSplit split = split_by_heads(graph);
  std::size_t heads = 0;
  for (std::size_t k = 0; k < graph.nodes().size(); ++k) {
    if (split.nodes[k].empty()) continue;  // heads of test edges alone are not among these files
    ++heads;
    ASSERT_EQ(split.nodes[k], graph.nodes()[k].split) << graph.nodes()[k].id;
  }
  EXPECT_GT(heads, 40000U);
  const auto head_elsewhere = [&](std::uint32_t node) {
    return split.nodes[node].empty() && !graph.nodes()[node].split.empty();
  };
  for (std::size_t k = 0; k < graph.edges().size(); ++k) {
    if (head_elsewhere(graph.edges()[k].head) || head_elsewhere(graph.edges()[k].tail)) continue;
    ASSERT_EQ(split.edges[k], graph.edges()[k].file == 0 ? Fold::kTrain : Fold::kVal) << k;
    ASSERT_EQ(split.held_out[k], graph.edges()[k].held_out) << k;
  }
}

TEST(SplitByEdges, EveryNodeKeepsATrainingEdge_AndPairsStayTogether) {
  const Graph graph = ring(200);
  const GraphSplit split = split_by_edges(graph, {.test_share = 0.2, .val_share = 0.1});
  const std::vector<std::uint32_t> left = degrees(graph, in_train(split));
  EXPECT_GT(*std::ranges::min_element(left), 0U);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(split.edges, Fold::kTest)), 200, 2);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(split.edges, Fold::kVal)), 100, 2);
  for (const LeakRow& row : find_leaks(graph, in_train(split))) EXPECT_EQ(row.count, 0U) << name(row.leak) << row.first;
}

TEST(SplitByEdges, SameSeed_SameFolds) {
  const Graph graph = ring(50);
  EXPECT_EQ(split_by_edges(graph).edges, split_by_edges(graph).edges);
  EXPECT_NE(split_by_edges(graph).edges, split_by_edges(graph, {.seed = 2}).edges);
}

TEST(SplitByEdges, ATree_CannotLoseAnEdge) {
  const Graph graph = graph_from("id\ttype\na\tt\nb\tt\nc\tt\n", {"head\trelation\ttail\na\tr\tb\nb\tr\tc\n"}).graph;
  const GraphSplit split = split_by_edges(graph, {.test_share = 0.5, .val_share = 0.5});
  EXPECT_EQ(std::ranges::count(split.edges, Fold::kTrain), 2);
}

std::uint64_t count_of(const std::vector<LeakRow>& rows, Leak leak) {
  return rows[static_cast<std::size_t>(leak)].count;
}

TEST(FindLeaks, EveryKind_IsFoundWithItsPlace) {
  const std::string nodes =
      "id\ttype\tinchikey14\tsplit\n"
      "a\tgene\t\ttrain\nb\tgene\t\ttrain\nc\tcompound\tKEY\ttrain\nd\tcompound\tKEY\ttest\ne\tcompound\t\tval\n";
  const std::string train = "head\trelation\ttail\na\tinteracts\tb\nc\tbinds\ta\ne\tbinds\ta\nc\ttreats\tb\n";
  const std::string held_out = "head\trelation\ttail\nb\tinteracts\ta\nc\tbinds\ta\nd\tbinds\tb\nc\tbinds\tb\n";
  const ReadGraph read = graph_from(nodes, {train, held_out}, {.keep_across_files = true});
  ASSERT_EQ(read.graph.edges().size(), 8U);
  std::vector<bool> in_train;
  for (const Edge& edge : read.graph.edges()) in_train.push_back(edge.file == 0);
  const auto rows = find_leaks(read.graph, in_train);
  EXPECT_EQ(count_of(rows, Leak::kSameEdge), 1U);
  EXPECT_EQ(count_of(rows, Leak::kMirroredEdge), 1U);
  EXPECT_EQ(count_of(rows, Leak::kHeldOutNode), 1U);
  EXPECT_EQ(count_of(rows, Leak::kSameContent), 1U);
  EXPECT_EQ(count_of(rows, Leak::kOtherRelation), 1U);
  EXPECT_EQ(rows[1].first, "b interacts a, in train: a interacts b");
  EXPECT_EQ(rows[3].first, "d and, in train, c");
}

TEST(Statistics, SmallGraph_IsCounted) {
  const Graph graph = graph_from(kSmallNodes, {kSmallEdges}).graph;
  const Statistics all = statistics(graph, 1);
  ASSERT_EQ(all.types.size(), 3U);
  EXPECT_EQ(all.types[1].nodes, 3U);
  EXPECT_EQ(all.types[1].with_modality, 2U);
  EXPECT_EQ(all.types[1].heads, 1U);
  EXPECT_EQ(all.types[2].isolated, 1U);
  EXPECT_EQ(all.types[1].degrees, (std::array<std::uint64_t, 5>{1, 1, 2, 2, 3}));
  const RelationStatistics& binds = all.relations[0];
  EXPECT_EQ(binds.edges, 3U);
  EXPECT_EQ(binds.licence_ok, 2U);
  EXPECT_EQ(binds.encodable, 2U);
  EXPECT_EQ(binds.held_out, (std::array<std::uint64_t, 4>{1, 1, 1, 0}));
}

}  // namespace
}  // namespace molbridge::graph
