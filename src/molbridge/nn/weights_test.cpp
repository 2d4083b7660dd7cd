#include "molbridge/nn/weights.hpp"

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "molbridge/nn/float_conversion.hpp"
#include "molbridge/nn/test_files.hpp"

namespace molbridge::nn {
namespace {

namespace fs = std::filesystem;

class WeightsTest : public ::testing::Test {
 protected:
  WeightsTest() : folder_(fs::temp_directory_path() / ("molbridge_weights_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_ / "model");
  }
  ~WeightsTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write_text(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  void write_tensor(const std::string& file, const std::string& name, const std::vector<float>& values) const {
    SafetensorsWriter writer;
    writer.add(name, ElementType::kF32, {static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values)));
    writer.write(path(file));
  }
  void expect_refused(const std::string& name, const std::string& part) const {
    expect_model_error([&] { Weights::open(path(name)); }, part);
  }
  fs::path folder_;
};

TEST_F(WeightsTest, Safetensors_OpensByItsContent) {
  write_tensor("model/any.name", "a", {1, 2});
  const Weights weights = Weights::open(path("model/any.name"));
  EXPECT_EQ(weights.container(), "safetensors");
  EXPECT_EQ(weights.floats("a", {2}), (std::vector<float>{1, 2}));
  EXPECT_EQ(weights.tree(), nullptr);
  EXPECT_EQ(weights.files(), std::vector<std::string>{path("model/any.name")});
}

TEST_F(WeightsTest, Folder_PrefersSafetensorsToPickles) {
  write_text("model/pytorch_model.bin", "nothing");
  write_tensor("model/model.safetensors", "a", {1});
  EXPECT_TRUE(Weights::open(path("model")).has("a"));
}

TEST_F(WeightsTest, Folder_WithAPickleAloneIsRead) {
  fs::copy_file(MOLBRIDGE_SOURCE_DIR "/tests/golden/torch/nested.pt", path("model/pytorch_model.bin"));
  EXPECT_EQ(Weights::open(path("model")).floats("bridge.weight", {1, 3}), (std::vector<float>{1, 1, 1}));
}

TEST_F(WeightsTest, Shards_AreJoinedByTheirIndex) {
  write_tensor("model/model-00001-of-00002.safetensors", "a", {1});
  write_tensor("model/model-00002-of-00002.safetensors", "b", {2});
  write_text(
      "model/model.safetensors.index.json",
      R"({"metadata":{},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}})");
  const Weights weights = Weights::open(path("model"));
  EXPECT_EQ(weights.floats("a", {1}), std::vector<float>{1});
  EXPECT_EQ(weights.floats("b", {1}), std::vector<float>{2});
  EXPECT_EQ(weights.files().size(), 2u);
}

TEST_F(WeightsTest, IndexThatPromisesTooMuch_IsRefused) {
  write_tensor("model/one.safetensors", "a", {1});
  write_text("model/model.safetensors.index.json", R"({"weight_map":{"a":"one.safetensors","b":"one.safetensors"}})");
  expect_refused("model", "promises tensor b");
  write_text("model/model.safetensors.index.json", R"({"weight_map":{"a":"absent.safetensors"}})");
  expect_refused("model", "absent.safetensors");
}

TEST_F(WeightsTest, IndexThatLeavesItsFolder_IsRefused) {
  write_tensor("outside.safetensors", "a", {1});
  for (const std::string name : {"../outside.safetensors", "/etc/passwd", "..", ".", "", "a\\\\b", "x\\u0000y"}) {
    write_text("model/model.safetensors.index.json", R"({"weight_map":{"a":")" + name + R"("}})");
    expect_refused("model", "names no file beside it");
  }
  for (const std::string json : {"[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{"a":1}})", "{", ""}) {
    write_text("model/model.safetensors.index.json", json);
    expect_refused("model", "");
  }
}

TEST_F(WeightsTest, WhatIsNotThere_IsAnErrorWithARemedy) {
  expect_refused("model", "model.safetensors, pytorch_model.bin");
  expect_refused("absent.bin", "absent.bin");
  write_text("model/notes.txt", "these are no weights at all");
  expect_refused("model/notes.txt", "notes.txt");
}

TEST_F(WeightsTest, MissingTensor_NamesTheNearest) {
  write_tensor("model/model.safetensors", "encoder.weight", {1});
  const Weights weights = Weights::open(path("model"));
  expect_model_error([&] { weights.at("encoder.wieght"); }, "there is encoder.weight");
  expect_model_error([&] { weights.at("zzz"); }, "is missing");
}

TEST_F(WeightsTest, Floats_CheckShapeAndType) {
  const Weights weights = Weights::open(MOLBRIDGE_SOURCE_DIR "/tests/golden/torch/zip.pt");
  EXPECT_EQ(weights.floats("types.F32", {2, 3}), (std::vector<float>{0, 1, -2, 3, 100, -7}));
  for (const std::string type : {"F64", "F16", "BF16"}) {
    EXPECT_EQ(weights.floats("types." + type, {-1, 3}), weights.floats("types.F32", {2, -1})) << type;
  }
  EXPECT_EQ(weights.floats("scalar", {}), std::vector<float>{2.5f});
  EXPECT_TRUE(weights.floats("empty.matrix", {3, 0, 2}).empty());
  expect_model_error([&] { weights.floats("types.F32", {3, 2}); }, "shape [2, 3], not [3, 2]");
  expect_model_error([&] { weights.floats("types.F32", {6}); }, "shape");
  expect_model_error([&] { weights.floats("types.I64", {2, 3}); }, "not a float");
}

TEST_F(WeightsTest, Release_LeavesTheValuesReadable) {
  std::vector<float> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  write_tensor("model/model.safetensors", "a", values);
  const Weights weights = Weights::open(path("model"));
  EXPECT_EQ(weights.floats("a", {-1}), values);
  weights.release("a");
  EXPECT_EQ(weights.floats("a", {-1}), values);
  const Weights packed = Weights::open(MOLBRIDGE_SOURCE_DIR "/tests/golden/torch/deflated.pt");
  const auto before = packed.floats("types.F32", {2, 3});
  packed.release("types.F32");  // lies in memory of the process: must not be given away
  EXPECT_EQ(packed.floats("types.F32", {2, 3}), before);
}

TEST_F(WeightsTest, Weights_OutliveTheFileName) {
  write_tensor("model/model.safetensors", "a", {4, 5});
  Weights moved = Weights::open(path("model"));
  const Weights weights = moved;
  fs::remove_all(path("model"));
  EXPECT_EQ(weights.floats("a", {2}), (std::vector<float>{4, 5}));
}

/// By definition of the formats, in double.
float half_by_definition(std::uint16_t half) {
  const int exponent = (half >> 10) & 31, mantissa = half & 1023;
  const double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 31)
    return mantissa != 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sign * INFINITY);
  return static_cast<float>(sign *
                            (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25)));
}

TEST(FloatConversion, EveryHalf_IsExact) {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  const auto floats = to_float32({ElementType::kF16, {65536}, std::as_bytes(std::span(halves))});
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const float expected = half_by_definition(halves[i]);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(floats[i])) << i;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(floats[i]), std::bit_cast<std::uint32_t>(expected)) << i;
    }
  }
}

TEST(FloatConversion, EveryBfloat_IsTheUpperHalfOfAFloat) {
  std::vector<std::uint16_t> values(65536);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint16_t>(i);
  const auto floats = to_float32({ElementType::kBF16, {65536}, std::as_bytes(std::span(values))});
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(std::bit_cast<std::uint32_t>(floats[i]), i << 16);
}

TEST(FloatConversion, UnalignedBytes_AreRead) {
  std::string bytes = "x" + raw(1.5) + raw(-1e300) + raw(1.0 + 1e-9);
  const auto span = std::as_bytes(std::span(bytes.data(), bytes.size())).subspan(1);
  EXPECT_EQ(to_float32({ElementType::kF64, {3}, span}), (std::vector<float>{1.5f, -INFINITY, 1.0f}));
}

}  // namespace
}  // namespace molbridge::nn
