#include "molbridge/bridges/fingerprint_ffn.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "molbridge/bridges/test_fingerprint_ffn.hpp"
#include "molbridge/nn/test_manifest.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::bridges {
namespace {

namespace fs = std::filesystem;
using Row = std::vector<std::pair<std::int64_t, float>>;

SparseBatch batch_of(const std::vector<Row>& rows) {
  SparseBatch batch;
  for (const Row& row : rows) {
    batch.offsets.push_back(batch.indices.size());
    for (const auto& [index, value] : row) {
      batch.indices.push_back(index);
      batch.values.push_back(value);
    }
  }
  return batch;
}

class FingerprintFfnTest : public ::testing::Test {
 protected:
  FingerprintFfnTest() : folder_(fs::temp_directory_path() / ("molbridge_ffn_" + std::to_string(::getpid()))) {}
  ~FingerprintFfnTest() override { fs::remove_all(folder_); }

  nn::ModelFolder write(const TestSizes& sizes) {
    nn::ModelFolderWriter writer;
    add_random_fingerprint_ffn(writer, sizes, 7);
    writer.write(folder_.string());
    return nn::ModelFolder::open(folder_.string());
  }
  void expect_refused(const std::string& old, const std::string& changed, const std::string& part) const {
    nn::expect_manifest_refused(folder_.string(), old, changed, part, [](const std::string& folder) {
      FingerprintFfn::read(nn::ModelFolder::open(folder), 9);
    });
  }
  fs::path folder_;
};

/// The network in double precision, from its definition.
class Reference {
 public:
  explicit Reference(const nn::ModelFolder& folder) : weights_(nn::Weights::open(folder.weights.path())) {}

  std::vector<double> log_odds_ratio(const Row& row, std::int64_t layers) const {
    const auto weight = tensor("input_weight"), bias = tensor("input_bias");
    std::vector<double> x(bias.begin(), bias.end());
    for (const auto& [index, value] : row) {
      for (std::size_t h = 0; h < x.size(); ++h) x[h] += value * weight[static_cast<std::size_t>(index) * x.size() + h];
    }
    for (std::int64_t i = 0; i + 1 < layers; ++i) x = product("hidden." + std::to_string(i), positive(x));
    x = product("output", positive(x));
    const auto prior = tensor("prior");
    for (std::size_t d = 0; d < x.size(); ++d) x[d] -= prior[d];
    return x;
  }

 private:
  std::vector<float> tensor(const std::string& name) const {
    const std::string full_name = "bridge." + name;
    return weights_.floats(full_name, weights_.at(full_name).shape);
  }
  static std::vector<double> positive(std::vector<double> x) {
    for (double& value : x) value = std::max(value, 0.0);
    return x;
  }
  std::vector<double> product(const std::string& name, const std::vector<double>& x) const {
    const auto weight = tensor(name + ".weight"), bias = tensor(name + ".bias");
    std::vector<double> y(bias.begin(), bias.end());
    for (std::size_t o = 0; o < y.size(); ++o) {
      for (std::size_t i = 0; i < x.size(); ++i) y[o] += x[i] * weight[o * x.size() + i];
    }
    return y;
  }
  nn::Weights weights_;
};

TEST_F(FingerprintFfnTest, SparseRows_EqualTheDefinition) {
  const std::vector<Row> rows{{{1, 0.5F}, {8, 2.0F}}, {}, {{3, -1.0F}, {3, 0.25F}, {0, 7.0F}}};
  for (const std::int64_t layers : {1, 2, 4}) {
    const nn::ModelFolder folder = write({.inputs = 9, .hidden = 33, .layers = layers, .outputs = 70});
    const FingerprintFfn ffn = FingerprintFfn::read(folder, 9);
    const std::vector<float> got = ffn.log_odds_ratio(batch_of(rows));
    ASSERT_EQ(got.size(), rows.size() * 70);
    for (std::size_t b = 0; b < rows.size(); ++b) {
      const auto expected = Reference(folder).log_odds_ratio(rows[b], layers);
      for (std::size_t d = 0; d < 70; ++d) EXPECT_NEAR(got[b * 70 + d], expected[d], 1e-5) << layers << " " << b;
    }
  }
}

TEST_F(FingerprintFfnTest, Row_IsTheSameToTheBitInAnyBatch) {
  const FingerprintFfn ffn = FingerprintFfn::read(write({.hidden = 40, .layers = 3, .outputs = 100}), 9);
  std::vector<Row> rows;
  for (int i = 0; i < 67; ++i) rows.push_back({{i % 9, 0.1F * static_cast<float>(i)}, {i % 5, 1.0F}});
  const std::vector<float> together = ffn.log_odds_ratio(batch_of(rows));
  for (const std::size_t b : {0U, 1U, 40U, 66U}) {
    const std::vector<float> alone = ffn.log_odds_ratio(batch_of({rows[b]}));
    EXPECT_EQ(alone, std::vector<float>(together.begin() + static_cast<std::ptrdiff_t>(b * 100),
                                        together.begin() + static_cast<std::ptrdiff_t>(b * 100 + 100)));
  }
}

TEST_F(FingerprintFfnTest, NoRows_GiveNothing) {
  EXPECT_TRUE(FingerprintFfn::read(write({}), 9).log_odds_ratio({}).empty());
}

TEST_F(FingerprintFfnTest, FeatureBeyondTheInputs_IsADefect) {
  const FingerprintFfn ffn = FingerprintFfn::read(write({}), 9);
  EXPECT_THROW(ffn.log_odds_ratio(batch_of({{{9, 1.0F}}})), Error);
  EXPECT_THROW(ffn.log_odds_ratio(batch_of({{{-1, 1.0F}}})), Error);
}

TEST_F(FingerprintFfnTest, OffsetsThatDoNotFit_AreADefect) {
  const FingerprintFfn ffn = FingerprintFfn::read(write({}), 9);
  EXPECT_THROW(ffn.log_odds_ratio({{1, 2}, {0, 3}, {1, 1}}), Error);
  EXPECT_THROW(ffn.log_odds_ratio({{1, 2}, {1, 0}, {1, 1}}), Error);
  EXPECT_THROW(ffn.log_odds_ratio({{1, 2}, {0}, {1}}), Error);
}

TEST_F(FingerprintFfnTest, ManifestAndTensorsThatDoNotFit_AreRefused) {
  write({});
  expect_refused("inputs = 9", "inputs = 10", "bridge.inputs is 10, the spectrum encoder gives 9");
  expect_refused("layers = 2", "layers = 1", "holds 7 tensors");
  expect_refused("layers = 2", "layers = 3", "bridge.hidden.1.weight");
  expect_refused("layers = 2", "layers = 0", "bridge.layers is 0");
  expect_refused("layers = 2", "layers = 65", "bridge.layers is 65");
  expect_refused("hidden = 5", "hidden = 8388608", "shape");
  expect_refused("outputs = 4", "outputs = 16777217", "bridge.outputs is");
}

TEST_F(FingerprintFfnTest, MembersThatAreNotThere_AreRefused) {
  nn::ModelFolderWriter writer;
  add_random_fingerprint_ffn(writer, {}, 7);
  writer.manifest.integer("bridge.members", 2);
  writer.write(folder_.string());
  EXPECT_THROW(FingerprintFfn::read(nn::ModelFolder::open(folder_.string()), 9), Error);
}

TEST_F(FingerprintFfnTest, Int8OfAnotherShape_IsRefused) {
  for (const std::int64_t columns : {4, 6}) {
    nn::ModelFolderWriter writer;
    add_random_fingerprint_ffn(writer, {}, 7);
    const std::vector<std::int8_t> values(static_cast<std::size_t>(9 * columns));
    writer.weights.add("bridge.input_weight", nn::ElementType::kI8, {9, columns}, std::as_bytes(std::span(values)));
    writer.write(folder_.string());
    EXPECT_THROW(FingerprintFfn::read(nn::ModelFolder::open(folder_.string()), 9), Error) << columns;
  }
}

TEST_F(FingerprintFfnTest, TensorOfAnotherType_IsRefused) {
  nn::ModelFolderWriter writer;
  add_random_fingerprint_ffn(writer, {}, 1);
  const std::vector<std::int32_t> numbers(4);
  writer.weights.add("bridge.prior", nn::ElementType::kI32, {4}, std::as_bytes(std::span(numbers)));
  writer.write(folder_.string());
  EXPECT_THROW(FingerprintFfn::read(nn::ModelFolder::open(folder_.string()), 9), Error);
}

}  // namespace
}  // namespace molbridge::bridges
