#include "molbridge/nn/safetensors.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "molbridge/core/files.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::nn {
namespace {

namespace fs = std::filesystem;

void add(SafetensorsWriter& writer, const std::string& name, const std::vector<std::int64_t>& shape, float value) {
  std::int64_t size = 1;
  for (const std::int64_t n : shape) size *= n;
  const std::vector<float> values(static_cast<std::size_t>(size), value);
  writer.add(name, ElementType::kF32, shape, std::as_bytes(std::span(values)));
}

void write_ones(const std::string& path, const std::map<std::string, std::vector<std::int64_t>>& shapes) {
  SafetensorsWriter writer;
  for (const auto& [name, shape] : shapes) add(writer, name, shape, 1);
  writer.write(path);
}

class SafetensorsTest : public ::testing::Test {
 protected:
  SafetensorsTest() : folder_(fs::temp_directory_path() / ("molbridge_nn_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~SafetensorsTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Without the fsync of the real writer: thousands of files are made here.
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  /// A file with that JSON header and `data` bytes behind it.
  std::string file_of(const std::string& header, std::size_t data, std::int64_t claimed = -1) const {
    const std::uint64_t length = claimed >= 0 ? static_cast<std::uint64_t>(claimed) : header.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    bytes += header + std::string(data, '\1');
    write(path("made.safetensors"), bytes);
    return path("made.safetensors");
  }

  void expect_refused(const std::string& header, std::size_t data, const std::string& part) const {
    try {
      SafetensorsFile::open(file_of(header, data));
      ADD_FAILURE() << "accepted " << header;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  }

  fs::path folder_;
};

TEST_F(SafetensorsTest, WrittenTensors_ReadBackWithMetadata) {
  SafetensorsWriter writer;
  const std::vector<std::int64_t> numbers{1, 2, 3};
  add(writer, "a", {3, 4}, 0.5F);
  writer.add("b", ElementType::kI64, {3}, std::as_bytes(std::span(numbers)));
  writer.add("empty", ElementType::kF32, {0, 7}, {});
  writer.set_metadata("key", "value");
  writer.write(path("x.safetensors"));
  const auto file = SafetensorsFile::open(path("x.safetensors"));
  EXPECT_EQ(file.metadata().at("key"), "value");
  EXPECT_EQ(file.at("a").shape, (std::vector<std::int64_t>{3, 4}));
  const std::vector<float> halves(12, 0.5F);
  ASSERT_EQ(file.at("a").bytes.size(), 48U);
  EXPECT_EQ(std::memcmp(file.at("a").bytes.data(), halves.data(), 48), 0);
  EXPECT_EQ(file.at("b").type, ElementType::kI64);
  EXPECT_EQ(std::memcmp(file.at("b").bytes.data(), numbers.data(), 24), 0);
  EXPECT_TRUE(file.at("empty").bytes.empty());
}

TEST_F(SafetensorsTest, Data_IsAlignedFor64ByteReads) {
  write_ones(path("x.safetensors"), {{"a", {4}}});
  const auto file = SafetensorsFile::open(path("x.safetensors"));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.at("a").bytes.data()) % 64, 0u);
}

TEST_F(SafetensorsTest, MissingTensor_NamesTheNearestOne) {
  write_ones(path("x.safetensors"), {{"bridge.weight", {4}}});
  try {
    SafetensorsFile::open(path("x.safetensors")).at("bridge.wieght");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("there is bridge.weight"), std::string::npos);
  }
}

TEST_F(SafetensorsTest, CutAtEveryByte_NeverReadsBeyondTheFile) {
  write_ones(path("x.safetensors"), {{"a", {4}}, {"b", {3, 2}}});
  const std::string bytes = read_text_file(path("x.safetensors"));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    write(path("cut.safetensors"), bytes.substr(0, length));
    EXPECT_THROW(SafetensorsFile::open(path("cut.safetensors")), Error) << length;
  }
}

TEST_F(SafetensorsTest, FlippedHeaderBytes_GiveAnErrorOrValidViews) {
  write_ones(path("x.safetensors"), {{"a", {4}}, {"b", {3, 2}}});
  const std::string bytes = read_text_file(path("x.safetensors"));
  Rng rng(4);
  for (int i = 0; i < 3000; ++i) {
    std::string changed = bytes;
    changed[rng.below(std::min<std::size_t>(bytes.size(), 200))] = static_cast<char>(rng.below(256));
    write(path("flip.safetensors"), changed);
    try {
      const auto file = SafetensorsFile::open(path("flip.safetensors"));
      for (const auto& [name, view] : file.tensors()) {
        volatile char sum = 0;
        for (const std::byte b : view.bytes) sum = static_cast<char>(sum + static_cast<char>(b));
      }
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
    }
  }
}

TEST_F(SafetensorsTest, HostileHeaders_AreRefused) {
  expect_refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}})", 16, "does not fit");
  expect_refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 8, "does not fit");
  expect_refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})", 16, "does not fit");
  expect_refused(R"({"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})", 16, "dimension");
  expect_refused(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}})", 16, "does not fit");
  expect_refused(R"({"a":{"dtype":9,"shape":[4],"data_offsets":[0,16]}})", 16, "dtype");
  expect_refused(R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,17]}})", 16, "does not fit");
  expect_refused(R"({"a":{"shape":[4],"data_offsets":[0,16]}})", 16, "lacks");
  expect_refused(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
      16, "overlap");
  expect_refused("[1,2]", 4, "not a JSON object");
  expect_refused("{", 4, "not a JSON object");
  expect_refused(std::string(100000, '['), 4, "nested");
}

TEST_F(SafetensorsTest, UnknownDtype_IsAnErrorOnlyWhenAskedFor) {
  const auto file = SafetensorsFile::open(file_of(
      R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"BOOL","shape":[2],"data_offsets":[4,6]}})",
      6));
  EXPECT_EQ(file.at("b").type, ElementType::kBool);
  EXPECT_FALSE(file.has("a"));
  EXPECT_EQ(file.refused().at("a"), "F8_E4M3");
  try {
    file.at("a");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("F8_E4M3"), std::string::npos) << e.what();
  }
}

TEST_F(SafetensorsTest, HeaderLength_BeyondTheFileIsRefusedBeforeAllocation) {
  EXPECT_THROW(SafetensorsFile::open(file_of("{}", 0, std::int64_t{1} << 62)), Error);
  EXPECT_THROW(SafetensorsFile::open(file_of("{}", 0, 3)), Error);
}

TEST_F(SafetensorsTest, ModelFolder_ChangedWeightsAreNoticed) {
  ModelFolderWriter writer;
  writer.manifest.text("kind", "test");
  add(writer.weights, "a", {4}, 1);
  writer.add_side_file("notes.tsv", "a\tb\n");
  writer.write(path("model"));
  const ModelFolder folder = ModelFolder::open(path("model"));
  EXPECT_EQ(folder.manifest.text("kind"), "test");
  EXPECT_EQ(read_text_file(folder.side_file("notes.tsv")), "a\tb\n");
  EXPECT_EQ(folder.digest.size(), 64u);

  write_ones(path("model/weights.safetensors"), {{"a", {5}}});
  try {
    ModelFolder::open(path("model"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel);
    EXPECT_NE(std::string(e.what()).find("SHA-256"), std::string::npos);
  }
}

TEST_F(SafetensorsTest, ModelFolder_MissingOrNewerIsRefused) {
  EXPECT_THROW(ModelFolder::open(path("nowhere")), Error);
  fs::create_directories(path("bare"));
  EXPECT_THROW(ModelFolder::open(path("bare")), Error);
  write_file_atomically(path("bare/model.toml"), "format = 99\n");
  try {
    ModelFolder::open(path("bare"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("newer"), std::string::npos);
  }
}

}  // namespace
}  // namespace molbridge::nn
