#include "molbridge/train/thin_bridge_task.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>
#include <set>

#include "molbridge/bridges/linear_side.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/train/losses.hpp"

namespace molbridge::train {
namespace {

constexpr std::int64_t kMolecules = 60, kBits = 64, kTextWidth = 12;

/// Molecules of random bits, texts that are a linear map of them: what a linear bridge can learn. Targets of three molecules each; a second
/// variant of every text with noise.
struct Made {
  Made() {
    torch::manual_seed(1);
    Rng rng(2);
    std::vector<float> bits(kMolecules * kBits, 0.0F);
    for (std::int64_t i = 0; i < kMolecules; ++i) {
      for (int k = 0; k < 6; ++k) bits[static_cast<std::size_t>(i * kBits) + rng.below(kBits)] = 1;
    }
    features.molecules = FeatureRows(kBits);
    features.molecules.append(bits);
    const torch::Tensor x = torch::tensor(bits).view({kMolecules, kBits});
    const torch::Tensor y = x.matmul(torch::randn({kBits, kTextWidth}));
    const torch::Tensor both = torch::cat({y, y + 0.1 * torch::randn_like(y)}).contiguous();
    features.texts = FeatureRows(kTextWidth);
    features.texts.append({both.data_ptr<float>(), static_cast<std::size_t>(both.numel())});
    for (std::size_t i = 0; i < kMolecules; ++i) {
      pairs.molecules.push_back({"M" + std::to_string(i), "C", "", 0});
      pairs.pairs.push_back({i, static_cast<std::int64_t>(i / 3), {i, i + kMolecules}, 1});
    }
    for (std::size_t i = 0; i < 2 * kMolecules; ++i) pairs.texts.push_back("text " + std::to_string(i));
    for (std::size_t i = 0; i < kMolecules / 3; ++i) pairs.targets.push_back("T" + std::to_string(i));
  }
  TextPairs pairs;
  PairFeatures features;
};

std::vector<std::int64_t> all(std::int64_t count) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

/// Share of texts whose own molecule is nearest.
double recall(const Made& made, ThinBridgeTask& task) {
  const torch::NoGradGuard no_grad;
  task.module().eval();
  const torch::Tensor t = normalized(task.embed_texts(made.features.texts, all(kMolecules)));
  const torch::Tensor m = normalized(task.embed_molecules(made.features.molecules, all(kMolecules)));
  return (t.matmul(m.t()).argmax(1) == torch::arange(kMolecules)).to(torch::kFloat64).mean().item<double>();
}

void take_steps(ThinBridgeTask& task, int steps) {
  torch::optim::Adam optimizer(task.module().parameters(), torch::optim::AdamOptions(0.02));
  for (int step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    task.loss(all(kMolecules), {step, 0}).total.backward();
    optimizer.step();
  }
}

TEST(ThinBridgeTask, Training_LearnsWhichTextIsOfWhichMolecule) {
  const Made made;
  ThinBridgeTask task(made.pairs, made.features, {.width = 16});
  const double before = recall(made, task);
  task.module().train();
  take_steps(task, 60);
  EXPECT_LT(before, 0.3);
  EXPECT_GT(recall(made, task), 0.9);
}

TEST(ThinBridgeTask, ClosedForms_FindThePairsAtOnce) {
  const Made made;
  ThinBridgeTask task(made.pairs, made.features, {.width = 16});
  const torch::Tensor correlations = task.solve_cca({.components = 16, .ridge = 1e-3});
  EXPECT_EQ(task.width(), kTextWidth) << "no more components than the narrower side has";
  EXPECT_GT(correlations[0].item<double>(), 0.9);
  EXPECT_GT(recall(made, task), 0.9);
  task.solve_ridge(1e-3);
  EXPECT_EQ(task.width(), kBits);
  EXPECT_GT(recall(made, task), 0.5);
}

TEST(ThinBridgeTask, Loss_DrawsTheSameVariantsForTheSameStep) {
  const Made made;
  ThinBridgeTask task(made.pairs, made.features, {.width = 8});
  task.module().eval();
  const auto loss = [&](std::int64_t step) { return task.loss(all(20), {step, 0}).total.item<double>(); };
  EXPECT_EQ(loss(3), loss(3));
  EXPECT_NE(loss(3), loss(4)) << "20 texts of two variants each";
}

TEST(ThinBridgeTask, Sentences_PutExcerptsInThePlaceOfTexts) {
  Made made;
  made.pairs.excerpts.assign(2 * kMolecules, {});
  for (TextPair& pair : made.pairs.pairs) {  // the noisy variants become excerpts of the others
    made.pairs.excerpts[pair.texts[0]] = {pair.texts[1]};
    pair.texts.pop_back();
  }
  const auto loss = [&](double sentences) {
    ThinBridgeTask task(made.pairs, made.features, {.width = 8, .sentences = sentences});
    return task.loss(all(30), {1, 0}).total.item<double>();
  };
  const double whole = loss(0), cut = loss(1), some = loss(0.5);
  for (TextPair& pair : made.pairs.pairs) pair.texts[0] += kMolecules;
  EXPECT_EQ(loss(0), cut) << "always the excerpt";
  EXPECT_NE(whole, cut);
  EXPECT_NE(some, whole);
  EXPECT_NE(some, cut);
}

TEST(ThinBridgeTask, ClosedForms_WeighExcerptsAsTheyAreDrawn) {
  Made variants, excerpts;
  excerpts.pairs.excerpts.assign(2 * kMolecules, {});
  for (TextPair& pair : excerpts.pairs.pairs) {
    excerpts.pairs.excerpts[pair.texts[0]] = {pair.texts[1]};
    pair.texts.pop_back();
  }
  ThinBridgeTask one(variants.pairs, variants.features, {.width = 8});
  ThinBridgeTask two(excerpts.pairs, excerpts.features, {.width = 8, .sentences = 0.5});
  const learn::CcaOptions options{.components = 8, .ridge = 1e-2};
  EXPECT_TRUE(torch::allclose(one.solve_cca(options), two.solve_cca(options))) << "two variants are drawn alike";
}

TEST(ThinBridgeTask, MarginWeightZero_LeavesTheTermOut) {
  const Made made;
  ThinBridgeTask without(made.pairs, made.features, {.width = 8, .margin_weight = 0});
  ThinBridgeTask with(made.pairs, made.features, {.width = 8, .margin_weight = 2});
  const StepLoss a = without.loss(all(20), {}), b = with.loss(all(20), {});
  EXPECT_TRUE(a.terms.empty());
  ASSERT_EQ(b.terms.size(), 2U);
  EXPECT_NEAR(b.total.item<double>(), a.total.item<double>() + 2 * b.terms[1].second, 1e-5);
}

TEST(ThinBridgeTask, GroupOf_IsTheTargetAndNobodyElsesWithoutOne) {
  Made made;
  made.pairs.pairs[4].target = -1;
  made.pairs.pairs[5].target = -1;
  const ThinBridgeTask task(made.pairs, made.features, {.width = 8});
  EXPECT_EQ(task.group_of(0), task.group_of(2));
  std::set<std::int64_t> groups;
  for (std::int64_t i = 3; i < 60; ++i) groups.insert(task.group_of(i));
  EXPECT_EQ(groups.size(), 19U + 2U) << "targets 1 to 19, and two alone";
}

/// What is written maps as what was trained does, dropout, bias and centring included.
TEST(ThinBridgeTask, WrittenWeights_AreThoseOfInference) {
  const Made made;
  ThinBridgeTask task(made.pairs, made.features, {.width = 8, .bias = true, .centre = true, .text_dropout = 0.3});
  take_steps(task, 3);
  task.module().eval();
  const auto path =
      std::filesystem::temp_directory_path() / ("molbridge_thin_" + std::to_string(::getpid()) + ".safetensors");
  nn::SafetensorsWriter writer;
  task.write_weights(writer);
  writer.write(path.string());
  std::set<std::string> used;
  const auto weights = nn::Weights::open(path.string());
  const auto side = bridges::LinearSide::read(weights, "text", used);
  std::filesystem::remove(path);
  const torch::Tensor x = made.features.texts.dense(all(5)).to(torch::kFloat32).contiguous();
  torch::Tensor y = torch::empty({5, 8});
  side.apply(x.data_ptr<float>(), 5, y.data_ptr<float>());
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::allclose(y, task.embed_texts(made.features.texts, all(5)), 1e-5, 1e-5));
}

}  // namespace
}  // namespace molbridge::train
