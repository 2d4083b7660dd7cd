#include "molbridge/train/biobridge_task.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "molbridge/bridges/relation_transformer.hpp"
#include "molbridge/train/adamw.hpp"

namespace molbridge::train {
namespace {

constexpr std::uint32_t kDrugs = 12, kGenes = 10;

/// Drugs 0..11 of 6 features bind gene 12 + d % 10; both carry a noisy copy of one hidden vector, so that there is something to learn.
LinkSet small_set() {
  torch::manual_seed(7);
  LinkSet set;
  const torch::Tensor hidden = torch::randn({kGenes, 6});
  std::vector<torch::Tensor> drugs;
  for (std::uint32_t d = 0; d < kDrugs; ++d) drugs.push_back(hidden[d % kGenes] + 0.1 * torch::randn({6}));
  set.tables = {torch::stack(drugs), hidden.matmul(torch::randn({6, 9}))};
  for (std::uint32_t i = 0; i < kDrugs + kGenes; ++i) {
    set.type_of.push_back(i < kDrugs ? 0 : 1);
    set.row_of.push_back(i < kDrugs ? i : i - kDrugs);
  }
  for (std::uint32_t d = 0; d < kDrugs; ++d) set.edges.push_back({d, d % 2, kDrugs + d % kGenes});
  return set;
}

BiobridgeTaskOptions options(bool in_batch) {
  BiobridgeTaskOptions out;
  out.network = {.types = 2, .relations = 2, .width = 16, .layers = 1, .heads = 2, .feed_forward = 24, .dropout = 0};
  out.in_batch = in_batch;
  out.negatives = in_batch ? 0 : 3;
  return out;
}

std::vector<std::int64_t> all_edges() {
  std::vector<std::int64_t> out;
  for (std::uint32_t i = 0; i < kDrugs; ++i) out.push_back(i);
  return out;
}

TEST(LinkNegatives, DrawnNodes_AreOfTheTypeDifferentAndUnlinked) {
  const std::vector<std::uint32_t> types{0, 1, 1, 1, 1, 1, 1};
  const std::vector<LinkEdge> edges{{0, 0, 1}, {2, 0, 0}, {3, 0, 4}, {5, 0, 4}};  // 6 has no edge: it is in no training
  const LinkNegatives negatives(edges, types, 2);
  EXPECT_EQ(negatives.pool(1), (std::vector<std::uint32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(negatives.linked(0), (std::vector<std::uint32_t>{1, 2}));  // in either direction
  Rng rng(1);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 50; ++i) {
    const auto drawn = negatives.draw(rng, 0, 1, 2);
    ASSERT_EQ(drawn.size(), 2U);
    EXPECT_NE(drawn[0], drawn[1]);
    seen.insert(drawn.begin(), drawn.end());
  }
  EXPECT_EQ(seen, (std::set<std::uint32_t>{3, 4, 5}));
}

TEST(LinkNegatives, WhereFewAreLeft_GivesThoseAndNoMore) {
  std::vector<std::uint32_t> types(400, 1);
  types[0] = 0;
  std::vector<LinkEdge> edges;
  for (std::uint32_t node = 1; node < 399; ++node) edges.push_back({0, 0, node});
  edges.push_back({398, 1, 399});
  const LinkNegatives negatives(edges, types, 2);
  Rng rng(2);
  EXPECT_EQ(negatives.draw(rng, 0, 1, 5), std::vector<std::uint32_t>{399});
  EXPECT_TRUE(negatives.draw(rng, 399, 0, 0).empty());
}

TEST(BiobridgeTask, SameStep_GivesTheSameLossAndAnotherStepOthers) {
  const LinkSet set = small_set();
  BiobridgeTask task(set, options(false));
  const auto edges = all_edges();
  const double first = task.loss(edges, {.step = 3}).total.item<double>();
  EXPECT_EQ(first, task.loss(edges, {.step = 3}).total.item<double>());
  EXPECT_NE(first, task.loss(edges, {.step = 4}).total.item<double>());  // other negatives
}

TEST(BiobridgeTask, InBatchLoss_IgnoresOtherRightAnswers) {
  LinkSet set = small_set();
  const std::vector<std::int64_t> two{0, 1};
  BiobridgeTask before(set, options(true));
  const double apart = before.loss(two, {}).total.item<double>();
  LinkSet linked = small_set();
  linked.edges.push_back({0, 1, kDrugs + 1});
  linked.edges.push_back({1, 0, kDrugs + 0});
  BiobridgeTask after(linked, options(true));
  EXPECT_GT(apart, 0.01);
  EXPECT_NEAR(after.loss(two, {}).total.item<double>(), 0, 1e-6);  // nothing is left to tell the tail from
}

TEST(BiobridgeTask, Training_LearnsWhatIsThereInBothModes) {
  for (const bool in_batch : {false, true}) {
    const LinkSet set = small_set();
    BiobridgeTask task(set, options(in_batch));
    AdamW optimizer(task.module(), {});
    const auto edges = all_edges();
    const double before = task.loss(edges, {}).total.item<double>();
    for (std::int64_t step = 0; step < 120; ++step) {
      optimizer.zero_grad();
      task.loss(edges, {.step = step}).total.backward();
      optimizer.step(5e-3);
    }
    EXPECT_LT(task.loss(edges, {}).total.item<double>(), 0.3 * before) << in_batch;
  }
}

TEST(BiobridgeTask, WrittenModel_GivesTheSameVectorsWithoutGradients) {
  const LinkSet set = small_set();
  const std::string path = ::testing::TempDir() + "biobridge_" + std::to_string(::getpid()) + ".safetensors";
  for (const std::int64_t layers : {0, 2}) {
    BiobridgeTaskOptions sizes = options(false);
    sizes.network.layers = layers;
    BiobridgeTask task(set, sizes);
    task.module().eval();
    const torch::NoGradGuard no_grad;
    ConfigWriter manifest;
    nn::SafetensorsWriter writer;
    learn::write_relation_bridge(task.bridge(), /*wide=*/true, manifest, writer);
    writer.write(path);
    const nn::Weights weights = nn::Weights::open(path);
    std::set<std::string> used;
    const auto bridge = bridges::RelationTransformer::read(weights, 2, nn::Precision::kFloat32, used);
    EXPECT_EQ(used.size(), weights.tensors().size());
    const std::vector<std::uint32_t> heads{4, 9, 2};
    const torch::Tensor expected = task.query(heads, 1, 1).contiguous();
    const torch::Tensor x = set.tables[0].index_select(0, torch::tensor({4, 9, 2})).contiguous();
    torch::Tensor found = torch::zeros({3, 16});
    bridge.heads({0, 1, 1}, x.data_ptr<float>(), 3, found.data_ptr<float>());
    EXPECT_LT((found - expected).abs().max().item<double>(), 1e-5) << layers;
  }
  std::filesystem::remove(path);
}

TEST(Schedule, Linear_RisesThenFallsToNothing) {
  EXPECT_DOUBLE_EQ(schedule_share(Schedule::kLinear, 0, 10, 110), 0.1);
  EXPECT_DOUBLE_EQ(schedule_share(Schedule::kLinear, 10, 10, 110), 1);
  EXPECT_DOUBLE_EQ(schedule_share(Schedule::kLinear, 60, 10, 110), 0.5);
  EXPECT_DOUBLE_EQ(schedule_share(Schedule::kLinear, 110, 10, 110), 0);
  EXPECT_DOUBLE_EQ(schedule_share(Schedule::kCosine, 60, 10, 110), 0.5);
  EXPECT_GT(schedule_share(Schedule::kCosine, 30, 10, 110), schedule_share(Schedule::kLinear, 30, 10, 110));
  EXPECT_THROW(parse_schedule("step"), Error);
}

}  // namespace
}  // namespace molbridge::train
