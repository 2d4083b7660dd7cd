#include "molbridge/bridges/deep_sets.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "molbridge/bridges/test_deep_sets.hpp"
#include "molbridge/nn/test_manifest.hpp"

namespace molbridge::bridges {
namespace {

namespace fs = std::filesystem;
using Token = std::vector<float>;

class DeepSetsTest : public ::testing::Test {
 protected:
  DeepSetsTest() : folder_(fs::temp_directory_path() / ("molbridge_deepsets_" + std::to_string(::getpid()))) {}
  ~DeepSetsTest() override { fs::remove_all(folder_); }

  nn::ModelFolder write(const DeepSetsSizes& sizes) const {
    nn::ModelFolderWriter writer;
    add_random_deep_sets(writer, sizes, 7);
    writer.write(folder_.string());
    return nn::ModelFolder::open(folder_.string());
  }
  void expect_refused(const std::string& old, const std::string& changed, const std::string& part) const {
    nn::expect_manifest_refused(folder_.string(), old, changed, part,
                                [](const std::string& folder) { DeepSets::read(nn::ModelFolder::open(folder), 2); });
  }
  fs::path folder_;
};

TokenBatch batch_of(const std::vector<std::vector<Token>>& sets) {
  TokenBatch batch;
  std::size_t count = 0;
  for (const auto& set : sets) {
    batch.offsets.push_back(count);
    for (const Token& token : set) batch.tokens.insert(batch.tokens.end(), token.begin(), token.end());
    count += set.size();
  }
  return batch;
}

/// The network in double precision, from its definition.
class Reference {
 public:
  Reference(const nn::ModelFolder& folder, const DeepSetsSizes& sizes)
      : weights_(nn::Weights::open(folder.weights.path())), sizes_(sizes) {}

  std::vector<double> probabilities(const std::vector<Token>& set) const {
    std::vector<double> sum(static_cast<std::size_t>(sizes_.hidden), 0);
    for (const Token& token : set) {
      const std::vector<double> y = chain(embed(token), "phi.", sizes_.layers, false);
      for (std::size_t h = 0; h < sum.size(); ++h) {
        const double share = sizes_.pooling == "mean" ? static_cast<double>(set.size()) : 1;
        sum[h] += y[h] / share;
      }
    }
    sum = chain(sum, "rho.", sizes_.layers, false);
    for (double& value : sum) value = 1 / (1 + std::exp(-value));
    return sum;
  }

 private:
  std::vector<double> embed(const Token& token) const {
    if (sizes_.fourier_hidden == 0) return {token.begin(), token.end()};
    std::vector<double> out = chain({token.begin(), token.begin() + 2}, "peak.", 1, true);
    const std::vector<double> features = chain({token.begin() + 2, token.end()}, "fourier.", 2, true);
    out.insert(out.end(), features.begin(), features.end());
    return out;
  }
  std::vector<double> chain(std::vector<double> x, const std::string& prefix, std::int64_t layers,
                            bool relu_last) const {
    for (std::int64_t i = 0; i < layers; ++i) {
      const std::string name = "bridge." + prefix + std::to_string(i);
      const auto weight = weights_.floats(name + ".weight", weights_.at(name + ".weight").shape);
      const auto bias = weights_.floats(name + ".bias", weights_.at(name + ".bias").shape);
      std::vector<double> y(bias.begin(), bias.end());
      for (std::size_t o = 0; o < y.size(); ++o) {
        for (std::size_t k = 0; k < x.size(); ++k) y[o] += x[k] * weight[o * x.size() + k];
        if (relu_last || i + 1 < layers) y[o] = std::max(y[o], 0.0);
      }
      x = std::move(y);
    }
    return x;
  }
  nn::Weights weights_;
  DeepSetsSizes sizes_;
};

std::vector<std::vector<Token>> random_sets(std::int64_t width) {
  Rng rng(3);
  std::vector<std::vector<Token>> sets;
  for (const int tokens : {3, 0, 1, 40}) {
    auto& set = sets.emplace_back();
    for (int t = 0; t < tokens; ++t) {
      Token& token = set.emplace_back();
      for (std::int64_t i = 0; i < width; ++i) token.push_back(static_cast<float>(rng.uniform()));
    }
  }
  return sets;
}

TEST_F(DeepSetsTest, Sets_EqualTheDefinition) {
  for (const DeepSetsSizes& sizes : {DeepSetsSizes{}, DeepSetsSizes{.pooling = "mean"},
                                     DeepSetsSizes{.inputs = 8, .fourier_hidden = 4}, DeepSetsSizes{.layers = 1}}) {
    const nn::ModelFolder folder = write(sizes);
    const auto sets = random_sets(sizes.inputs);
    const std::vector<float> got = DeepSets::read(folder, sizes.inputs).vectors(batch_of(sets));
    const auto width = static_cast<std::size_t>(sizes.outputs);
    ASSERT_EQ(got.size(), sets.size() * width);
    for (std::size_t b = 0; b < sets.size(); ++b) {
      const auto expected = Reference(folder, sizes).probabilities(sets[b]);
      for (std::size_t d = 0; d < width; ++d) EXPECT_NEAR(got[b * width + d], expected[d], 2e-6) << b;
    }
  }
}

TEST_F(DeepSetsTest, LogOdds_AreLogitsMinusThePrior) {
  const DeepSetsSizes sizes;
  const auto sets = random_sets(sizes.inputs);
  const auto probabilities = DeepSets::read(write(sizes), 2).vectors(batch_of(sets));
  const nn::ModelFolder folder = write({.score = "log-odds"});
  const auto odds = DeepSets::read(folder, 2).vectors(batch_of(sets));
  const auto prior = nn::Weights::open(folder.weights.path()).floats("bridge.prior", {sizes.outputs});
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const double p = probabilities[i];
    EXPECT_NEAR(odds[i], std::log(p / (1 - p)) - prior[i % prior.size()], 1e-4);
  }
}

TEST_F(DeepSetsTest, Set_IsTheSameToTheBitInAnyBatch) {
  const DeepSets net = DeepSets::read(write({.hidden = 24, .layers = 3, .outputs = 65}), 2);
  const auto sets = random_sets(2);
  const std::vector<float> together = net.vectors(batch_of(sets));
  for (std::size_t b = 0; b < sets.size(); ++b) {
    const auto begin = together.begin() + static_cast<std::ptrdiff_t>(b * 65);
    EXPECT_EQ(net.vectors(batch_of({sets[b]})), std::vector<float>(begin, begin + 65));
  }
  EXPECT_TRUE(net.vectors({}).empty());
}

TEST_F(DeepSetsTest, ManifestAndTensorsThatDoNotFit_AreRefused) {
  write({});
  expect_refused("inputs = 2", "inputs = 12", "bridge.inputs is 12, a token has 2 values");
  expect_refused("fourier_hidden = 0", "fourier_hidden = 4", "bridge.fourier_hidden is 4 for tokens of 2 values");
  expect_refused("layers = 2", "layers = 1", "shape");
  expect_refused("layers = 2", "layers = 3", "bridge.rho.1");
  expect_refused("layers = 2", "layers = 65", "bridge.layers is 65");
  expect_refused("hidden = 5", "hidden = 8388608", "shape");
  expect_refused("outputs = 4", "outputs = 16777217", "bridge.outputs is");
  expect_refused("\"sum\"", "\"max\"", "bridge.pooling is \"max\"");
  expect_refused("\"probability\"", "\"odds\"", "unknown score \"odds\"");
}

TEST_F(DeepSetsTest, TensorThatNothingReads_IsRefused) {
  nn::ModelFolderWriter writer;
  add_random_deep_sets(writer, {}, 7);
  Rng rng(1);
  add_random(writer.weights, "bridge.phi.2.weight", {5, 5}, rng);
  writer.write(folder_.string());
  EXPECT_THROW(DeepSets::read(nn::ModelFolder::open(folder_.string()), 2), Error);
}

}  // namespace
}  // namespace molbridge::bridges
