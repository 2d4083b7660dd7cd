#include "molbridge/train/graph_embedding_task.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/train/adamw.hpp"
#include "molbridge/train/link_validator.hpp"
#include "molbridge/train/test_gradients.hpp"

namespace molbridge::train {
namespace {

using graph::Edge;

/// `hubs` nodes of type a, each linked to the nodes of type b of its own number modulo `hubs`, and one node of each type without an edge.
graph::Graph star_graph(std::uint32_t hubs, std::uint32_t leaves) {
  std::vector<graph::Node> nodes;
  for (std::uint32_t i = 0; i <= hubs; ++i) nodes.push_back({.id = "a" + std::to_string(i), .type = "a"});
  for (std::uint32_t i = 0; i <= leaves; ++i) nodes.push_back({.id = "b" + std::to_string(i), .type = "b"});
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < leaves; ++i) edges.push_back({.head = i % hubs, .relation = 0, .tail = hubs + 1 + i});
  for (std::uint32_t i = 0; i + 1 < hubs; ++i) edges.push_back({.head = i, .relation = 1, .tail = i + 1});
  return {std::move(nodes), {{"owns", "a", "b"}, {"resembles", "a", "a"}}, std::move(edges)};
}

std::vector<std::uint32_t> all_edges(const graph::Graph& graph) {
  std::vector<std::uint32_t> out(graph.edges().size());
  std::iota(out.begin(), out.end(), 0U);
  return out;
}

GraphEmbeddingTaskOptions small_options(const std::string& kind) {
  GraphEmbeddingTaskOptions options;
  options.network = {.kind = kind, .width = 16};
  options.loss.margin = 4;
  options.negatives = 8;
  return options;
}

void descend(GraphEmbeddingTask& task, int steps) {
  AdamW optimizer(task.module(), {.weight_decay = 0.1}, task.parameter_groups());
  std::vector<std::int64_t> examples(static_cast<std::size_t>(task.num_examples()));
  std::iota(examples.begin(), examples.end(), 0);
  for (int step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    task.loss(examples, {step, 0}).total.backward();
    optimizer.step(0.03);
  }
}

TEST(LinkIndex, PartnersOf_SymmetricRelation_AreKnownFromBothEnds) {
  const graph::Graph graph = star_graph(3, 6);
  const LinkIndex links(graph, all_edges(graph));
  EXPECT_EQ(std::vector<std::uint32_t>({4, 7}),
            std::vector<std::uint32_t>(links.tails_of(0, 0).begin(), links.tails_of(0, 0).end()));
  EXPECT_EQ(links.heads_of(7, 0).size(), 1U);
  EXPECT_EQ(links.tails_of(1, 1).size(), 2U);  // 0 and 2
  EXPECT_TRUE(links.tails_of(7, 0).empty());
}

TEST(LinkLoss, KnownPartners_ChangeNothing) {
  const torch::Tensor right = torch::randn({3}), wrong = torch::randn({3, 4});
  const torch::Tensor known = torch::zeros({3, 5}, torch::kBool);
  torch::Tensor with = torch::cat({wrong, torch::full({3, 1}, 50.0)}, 1), mask = known.clone();
  mask.select(1, 4).fill_(true);
  for (const auto loss : {LinkLoss::kSelfAdversarial, LinkLoss::kCrossEntropy}) {
    const LinkLossOptions options{.loss = loss, .margin = 2};
    EXPECT_NEAR(link_loss(right, with, mask, options).item<double>(),
                link_loss(right, wrong, known.narrow(1, 0, 4), options).item<double>(), 1e-6);
  }
}

TEST(LinkLoss, SelfAdversarial_OneWrongEdge_IsTheFormula) {
  const torch::Tensor right = torch::tensor({-1.0}, torch::kFloat64), wrong = torch::tensor({{-3.0}}, torch::kFloat64);
  const double loss = link_loss(right, wrong, torch::zeros({1, 1}, torch::kBool), {.margin = 2}).item<double>();
  const double expected = (std::log1p(std::exp(-1.0)) + std::log1p(std::exp(-1.0))) / 2;  // -log s(2-1), -log s(3-2)
  EXPECT_NEAR(loss, expected, 1e-12);
}

class GraphEmbeddingTaskTest : public testing::TestWithParam<std::string> {};

TEST_P(GraphEmbeddingTaskTest, Loss_Gradients_AreDifferenceQuotients) {
  torch::manual_seed(5);
  learn::GraphEmbedding model(
      learn::GraphEmbeddingOptions{.kind = GetParam(), .entities = 1, .relations = 1, .width = 4, .margin = 2});
  const torch::Tensor known = torch::tensor({{false, true, false}, {false, false, false}});
  for (const LinkLoss kind : {LinkLoss::kSelfAdversarial, LinkLoss::kCrossEntropy}) {
    // The weights of self-adversarial sampling are constants, which a difference quotient does not know: a temperature of 0 fixes them.
    const LinkLossOptions options{.loss = kind, .margin = 2, .adversarial_temperature = 0};
    expect_gradients(
        {torch::randn({2, 4}, torch::kFloat64), torch::randn({2, GetParam() == "rotate" ? 2 : 4}, torch::kFloat64),
         torch::randn({2, 4}, torch::kFloat64), torch::randn({3, 4}, torch::kFloat64)},
        [&](const std::vector<torch::Tensor>& in) {
          const torch::Tensor by_tail = model->tail_queries(in[0], in[1]);
          const torch::Tensor by_head = model->head_queries(in[2], in[1]);
          const torch::Tensor right = model->pair_scores(by_tail, in[2]);
          return link_loss(right, model->scores(by_tail, in[3]), known, options) +
                 link_loss(right, model->scores(by_head, in[3]), known, options);
        },
        1e-5);
  }
}

TEST_P(GraphEmbeddingTaskTest, Training_StarGraph_LearnsToRankItsEdges) {
  const graph::Graph graph = star_graph(4, 40);
  GraphEmbeddingTask task(graph, all_edges(graph), small_options(GetParam()));
  LinkValidator validator(graph, task, all_edges(graph), all_edges(graph));
  const double before = validator.measure().front().second;
  descend(task, 150);
  const double after = validator.measure().front().second;
  EXPECT_LT(before, 0.5);
  EXPECT_GT(after, 0.9);
}

TEST_P(GraphEmbeddingTaskTest, Training_NodesWithoutEdge_KeepTheirVectors) {
  const graph::Graph graph = star_graph(4, 40);
  GraphEmbeddingTaskOptions options = small_options(GetParam());
  options.regularisation = 0.01;
  GraphEmbeddingTask task(graph, all_edges(graph), options);
  const torch::Tensor before = task.model().entities.detach().clone();
  descend(task, 3);
  const torch::Tensor changed = (task.model().entities - before).abs().sum(1);
  EXPECT_EQ(changed[4].item<float>(), 0);                   // a4
  EXPECT_EQ(changed[before.size(0) - 1].item<float>(), 0);  // b40
  EXPECT_GT(changed[0].item<float>(), 0);
}

TEST_P(GraphEmbeddingTaskTest, Loss_SameStep_IsTheSameToTheBit) {
  const graph::Graph graph = star_graph(4, 400);
  const std::vector<std::int64_t> examples{1, 5, 77};
  GraphEmbeddingTask first(graph, all_edges(graph), small_options(GetParam()));
  GraphEmbeddingTask second(graph, all_edges(graph), small_options(GetParam()));
  const double one = first.loss(examples, {3, 0}).total.item<double>();
  EXPECT_EQ(one, second.loss(examples, {3, 0}).total.item<double>());
  EXPECT_NE(one, second.loss(examples, {4, 0}).total.item<double>());
}

INSTANTIATE_TEST_SUITE_P(Kinds, GraphEmbeddingTaskTest, testing::Values("transe", "distmult", "complex", "rotate"),
                         [](const auto& kind) { return kind.param; });

TEST(HoldOutEdges, SmallGraph_LeavesEveryNodeAnEdge) {
  const graph::Graph graph = star_graph(4, 40);
  std::vector<std::uint32_t> edges = all_edges(graph);
  const auto taken = hold_out_edges(graph, edges, 0.9, 100, 1);
  EXPECT_EQ(taken.size() + edges.size(), graph.edges().size());
  EXPECT_FALSE(taken.empty());
  std::vector<int> degrees(graph.nodes().size(), 0);
  for (const auto edge : edges) ++degrees[graph.edges()[edge].head], ++degrees[graph.edges()[edge].tail];
  for (std::size_t i = 0; i < degrees.size(); ++i) EXPECT_EQ(degrees[i] > 0, i != 4 && i + 1 != degrees.size()) << i;
}

TEST(LinkLoss, Parse_UnknownName_IsUsage) {
  EXPECT_EQ(parse_link_loss("cross-entropy"), LinkLoss::kCrossEntropy);
  EXPECT_THROW(parse_link_loss("hinge"), Error);
}

}  // namespace
}  // namespace molbridge::train
