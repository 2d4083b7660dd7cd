#include "molbridge/service/model_join.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "molbridge/bank/test_bank.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/two_stage.hpp"

namespace molbridge::service {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Two small model folders, of which the second names the first.
class ModelJoinTest : public testing::Test {
 protected:
  ModelJoinTest() {
    write(folder_ / "first", "fingerprint-ffn", "");
    write(folder_ / "second", "reranker", nn::ModelFolder::open(folder_ / "first").digest);
    options_ = {.bridge = folder_ / "first", .rerank = folder_ / "second", .output = folder_ / "joined"};
  }
  static void write(const std::string& path, const std::string& kind, const std::string& bridge) {
    nn::ModelFolderWriter writer;
    writer.manifest.text("kind", kind);
    writer.manifest.text("licence", "CC0 of " + kind);
    if (!bridge.empty()) writer.manifest.text("rerank.bridge_digest", bridge);
    writer.add_side_file("training_molecules.tsv", "inchikey14\tsmiles\n");
    const std::vector<float> values{1, 2};
    writer.weights.add("x", nn::ElementType::kF32, {2}, std::as_bytes(std::span(values)));
    writer.write(path);
  }
  /// Code and message of the error.
  std::pair<ErrorCode, std::string> refusal() const {
    try {
      join_model(options_);
    } catch (const Error& e) {
      return {e.code(), e.what()};
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_ / ""), fs::directory_iterator()));
  }

  bank::testing::TempFolder folder_;
  ModelJoinOptions options_;
};

TEST_F(ModelJoinTest, Folder_HoldsBothParts) {
  const ModelJoinReport report = join_model(options_);
  const auto model = retrieve::read_two_stage(report.folder);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->name, "joined");
  EXPECT_EQ(model->digest, report.digest);
  EXPECT_EQ(model->bridge_digest, nn::ModelFolder::open(options_.bridge).digest);
  EXPECT_EQ(nn::ModelFolder::open(model->rerank_folder).digest, nn::ModelFolder::open(options_.rerank).digest);
  EXPECT_EQ(nn::read_model_manifest(report.folder).text("licence"), "CC0 of fingerprint-ffn");
  EXPECT_TRUE(file_exists(model->bridge_folder + "/training_molecules.tsv"));
  EXPECT_EQ(entries(), 3U);  // nothing else is left behind
}

TEST_F(ModelJoinTest, NameAndLicence_AreThoseGiven) {
  options_.name = "best";
  options_.licence = "MIT";
  const Config manifest = nn::read_model_manifest(join_model(options_).folder);
  EXPECT_EQ(manifest.text("name"), "best");
  EXPECT_EQ(manifest.text("licence"), "MIT");
}

TEST_F(ModelJoinTest, TrailingSlash_IsTheSameFolder) {
  const std::string digest = join_model(options_).digest;
  options_.output += "/";
  options_.force = true;
  EXPECT_EQ(join_model(options_).digest, digest);  // and of the same name
  EXPECT_EQ(entries(), 3U);
}

TEST_F(ModelJoinTest, OfAnotherFirstStage_IsRefused) {
  write(folder_ / "other", "specbridge", "");
  options_.bridge = folder_ / "other";
  const auto [code, message] = refusal();
  EXPECT_EQ(code, ErrorCode::kModel);
  EXPECT_THAT(message, HasSubstr("another first stage"));
  EXPECT_FALSE(fs::exists(options_.output));
}

TEST_F(ModelJoinTest, WhatIsNoSecondStage_IsRefused) {
  options_.rerank = options_.bridge;
  EXPECT_EQ(refusal().first, ErrorCode::kModel);
  options_.rerank = folder_ / "nowhere";
  EXPECT_EQ(refusal().first, ErrorCode::kModel);
}

TEST_F(ModelJoinTest, StandingModel_NeedsForceAndKeepsItsReadme) {
  join_model(options_);
  write_file_atomically(options_.output + "/README.md", "the card");
  write_file_atomically(options_.output + "/bridge/stray.txt", "of before");
  EXPECT_EQ(refusal().first, ErrorCode::kUsage);
  options_.force = true;
  options_.name = "again";
  join_model(options_);
  EXPECT_EQ(read_text_file(options_.output + "/README.md"), "the card");
  EXPECT_FALSE(file_exists(options_.output + "/bridge/stray.txt"));
  EXPECT_EQ(retrieve::read_two_stage(options_.output)->name, "again");
  EXPECT_EQ(entries(), 3U);
}

TEST_F(ModelJoinTest, FolderOfOtherThings_IsLeftAlone) {
  fs::create_directories(options_.output);
  write_file_atomically(options_.output + "/thesis.txt", "years of work");
  for (const bool force : {false, true}) {
    options_.force = force;
    const auto [code, message] = refusal();
    EXPECT_EQ(code, ErrorCode::kUsage);
    EXPECT_THAT(message, HasSubstr("thesis.txt"));
    EXPECT_EQ(read_text_file(options_.output + "/thesis.txt"), "years of work");
  }
}

TEST_F(ModelJoinTest, FolderWithNothingButACard_Takes) {
  fs::create_directories(options_.output);
  write_file_atomically(options_.output + "/README.md", "the card");
  join_model(options_);
  EXPECT_EQ(read_text_file(options_.output + "/README.md"), "the card");
}

TEST_F(ModelJoinTest, PartsOfTheFolderItself_CanBeJoinedAnew) {
  join_model(options_);
  write(options_.output + "/rerank", "reranker", nn::ModelFolder::open(options_.bridge).digest);
  options_ = {.bridge = options_.output + "/bridge",
              .rerank = options_.output + "/rerank",
              .output = options_.output,
              .force = true};
  EXPECT_TRUE(retrieve::read_two_stage(join_model(options_).folder));
}

}  // namespace
}  // namespace molbridge::service
