#include "molbridge/bridges/residual_mapper.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/json.hpp"

namespace molbridge::bridges {
namespace {

namespace fs = std::filesystem;

const std::string kGoldens = MOLBRIDGE_SOURCE_DIR "/tests/golden/specbridge/";

/// Rows of vectors as one block, and back.
std::vector<float> flat(const Json& rows) {
  std::vector<float> out;
  for (const auto& row : rows) {
    for (const auto& value : row) out.push_back(value.get<float>());
  }
  return out;
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  float scale = 0;
  for (const float value : expected) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 2e-5F * scale) << i;
}

class SpecbridgeGoldens : public ::testing::TestWithParam<std::string> {
 protected:
  SpecbridgeGoldens()
      : weights_(nn::Weights::open(kGoldens + GetParam() + ".pt")),
        expected_(read_json_file(kGoldens + "expected.json")["models"][GetParam()]) {}
  nn::Weights weights_;
  Json expected_;
  std::set<std::string> used_;
};

TEST_P(SpecbridgeGoldens, HeadAndMapper_GiveTheVectorsOfThePlainForward) {
  const auto head = ProjectionHead::read(weights_, "spec.proj.", nn::Precision::kFloat32, used_);
  const auto mapper = ResidualMapper::read(weights_, "mapB.", nn::Precision::kFloat32, used_);
  EXPECT_EQ(mapper.blocks(), expected_["blocks"].get<std::int64_t>());
  EXPECT_EQ(mapper.hidden(), expected_["mapper_hidden"].get<std::int64_t>());
  EXPECT_EQ(head.hidden(), expected_["head_hidden"].get<std::int64_t>());
  const std::vector<float> pooled = flat(expected_["pooled"]);
  const auto rows = static_cast<std::int64_t>(expected_["pooled"].size());
  std::vector<float> projected(static_cast<std::size_t>(rows * head.outputs()));
  head.forward(pooled.data(), rows, projected.data());
  expect_near(projected, flat(expected_["projected"]));
  std::vector<float> mapped(static_cast<std::size_t>(rows * mapper.outputs()));
  mapper.forward(projected.data(), rows, mapped.data());
  expect_near(mapped, flat(expected_["honest"]));
}

TEST_P(SpecbridgeGoldens, ReadNames_AreThoseOfHeadAndMapperWithoutTheUnusedVariance) {
  ProjectionHead::read(weights_, "spec.proj.", nn::Precision::kFloat32, used_);
  ResidualMapper::read(weights_, "mapB.", nn::Precision::kFloat32, used_);
  for (const auto& [name, tensor] : weights_.tensors()) {
    const bool wanted = name.starts_with("spec.proj.") || (name.starts_with("mapB.") && !name.starts_with("mapB.lv."));
    EXPECT_EQ(used_.contains(name), wanted) << name;
  }
}

TEST_P(SpecbridgeGoldens, Row_DoesNotDependOnItsNeighboursToTheBit) {
  const auto head = ProjectionHead::read(weights_, "spec.proj.", nn::Precision::kFloat32, used_);
  const auto mapper = ResidualMapper::read(weights_, "mapB.", nn::Precision::kFloat32, used_);
  const std::vector<float> one = flat(expected_["pooled"]);
  std::vector<float> many;
  for (int i = 0; i < 30; ++i) many.insert(many.end(), one.begin(), one.end());
  const std::int64_t rows = static_cast<std::int64_t>(many.size()) / head.inputs();
  std::vector<float> projected(static_cast<std::size_t>(rows * head.outputs()));
  std::vector<float> mapped(static_cast<std::size_t>(rows * mapper.outputs()));
  head.forward(many.data(), rows, projected.data());
  mapper.forward(projected.data(), rows, mapped.data());
  std::vector<float> alone_head(static_cast<std::size_t>(head.outputs()));
  std::vector<float> alone(static_cast<std::size_t>(mapper.outputs()));
  for (std::int64_t row = 0; row < rows; row += 13) {
    head.forward(many.data() + row * head.inputs(), 1, alone_head.data());
    mapper.forward(alone_head.data(), 1, alone.data());
    for (std::int64_t d = 0; d < mapper.outputs(); ++d) {
      ASSERT_EQ(alone[static_cast<std::size_t>(d)], mapped[static_cast<std::size_t>(row * mapper.outputs() + d)])
          << row;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Released, SpecbridgeGoldens, ::testing::Values("gaussian", "plain", "deep"),
                         [](const auto& test) { return test.param; });

/// Tensors of a mapper with one block, to be spoiled one by one.
class MapperFileTest : public ::testing::Test {
 protected:
  using Shapes = std::map<std::string, std::vector<std::int64_t>>;
  MapperFileTest() : path_(fs::temp_directory_path() / ("molbridge_mapper_" + std::to_string(::getpid()) + ".st")) {}
  ~MapperFileTest() override { fs::remove(path_); }

  static Shapes good() {
    return {{"W.weight", {3, 4}},
            {"W.bias", {3}},
            {"blocks.0.ln.weight", {3}},
            {"blocks.0.ln.bias", {3}},
            {"blocks.0.fc1.weight", {5, 3}},
            {"blocks.0.fc1.bias", {5}},
            {"blocks.0.fc2.weight", {3, 5}},
            {"blocks.0.fc2.bias", {3}}};
  }
  nn::Weights write(const Shapes& shapes) const {
    nn::SafetensorsWriter writer;
    for (const auto& [name, shape] : shapes) {
      std::size_t size = 1;
      for (const std::int64_t n : shape) size *= static_cast<std::size_t>(n);
      const std::vector<float> values(size, 0.5F);
      writer.add(name, nn::ElementType::kF32, shape, std::as_bytes(std::span(values)));
    }
    writer.write(path_.string());
    return nn::Weights::open(path_.string());
  }
  static ResidualMapper read(const nn::Weights& weights) {
    std::set<std::string> used;
    return ResidualMapper::read(weights, "", nn::Precision::kFloat32, used);
  }
  static void expect_refused(const nn::Weights& weights, const std::string& named) {
    try {
      read(weights);
      ADD_FAILURE() << named;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
      EXPECT_NE(std::string(e.what()).find(named), std::string::npos) << e.what();
    }
  }
  fs::path path_;
};

TEST_F(MapperFileTest, AnyTensorMissing_IsRefusedByName) {
  for (const auto& [name, shape] : good()) {
    if (name == "blocks.0.fc1.weight") continue;  // that is how a block is found; what is left of it is unused
    Shapes shapes = good();
    shapes.erase(name);
    expect_refused(write(shapes), name);
  }
}

TEST_F(MapperFileTest, AnyTensorOfAnotherShape_IsRefused) {
  for (const auto& [name, shape] : good()) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (name == "W.weight" && axis == 1) continue;  // the width of the input is what this says
      Shapes shapes = good();
      shapes[name][axis] += 1;
      expect_refused(write(shapes), "");
      shapes[name] = {};
      expect_refused(write(shapes), name);
    }
  }
}

TEST_F(MapperFileTest, NoBlocks_LeaveTheLinearMap) {
  const auto weights = write({{"W.weight", {2, 2}}, {"W.bias", {2}}});
  const ResidualMapper mapper = read(weights);
  EXPECT_EQ(mapper.blocks(), 0);
  const std::vector<float> x = {1, 3};
  std::vector<float> y(2);
  mapper.forward(x.data(), 1, y.data());
  EXPECT_EQ(y, (std::vector<float>{2.5F, 2.5F}));
}

TEST_F(MapperFileTest, BlocksOfDifferentWidths_AreRefused) {
  Shapes shapes = good();
  for (const auto& [name, shape] : good()) {
    if (name.starts_with("blocks.0.")) shapes["blocks.1." + name.substr(9)] = shape;
  }
  EXPECT_EQ(read(write(shapes)).blocks(), 2);
  shapes["blocks.1.fc1.weight"] = {6, 3};
  shapes["blocks.1.fc1.bias"] = {6};
  shapes["blocks.1.fc2.weight"] = {3, 6};
  expect_refused(write(shapes), "different widths");
}

TEST_F(MapperFileTest, ZeroVectorThroughTheHead_StaysFinite) {
  const auto weights = write({{"0.weight", {3, 2}}, {"0.bias", {3}}, {"1.weight", {3}}, {"1.bias", {3}}});
  std::set<std::string> used;
  const auto head = ProjectionHead::read(weights, "", nn::Precision::kFloat32, used);
  const std::vector<float> x = {0, 0};
  std::vector<float> y(3);
  head.forward(x.data(), 1, y.data());
  for (const float value : y) EXPECT_NEAR(value, 1 / std::sqrt(3.0F), 1e-6F);
}

}  // namespace
}  // namespace molbridge::bridges
