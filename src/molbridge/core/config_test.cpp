#include "molbridge/core/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Config config(std::string_view text) { return Config::parse(text, "run.toml"); }

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return {ErrorCode::kInternal, "none"};
}

constexpr std::string_view kText = R"(
seed = 7
name = "ffn"
[train]
learning_rate = 1e-3
resume = true
hidden = [512, 512.5]
folds = ["train", "val"]
)";

TEST(ConfigTest, Values_ByDottedKey_HaveTheirType) {
  const Config c = config(kText);
  EXPECT_EQ(c.integer("seed"), 7);
  EXPECT_EQ(c.number("seed"), 7.0);
  EXPECT_EQ(c.text("name"), "ffn");
  EXPECT_EQ(c.number("train.learning_rate"), 1e-3);
  EXPECT_TRUE(c.flag("train.resume"));
  EXPECT_THAT(c.numbers("train.hidden"), ElementsAre(512.0, 512.5));
  EXPECT_THAT(c.texts("train.folds"), ElementsAre("train", "val"));
  EXPECT_THAT(c.texts("name"), ElementsAre("ffn"));
  EXPECT_TRUE(c.has("train.folds"));
  EXPECT_FALSE(c.has("train.none"));
}

TEST(ConfigTest, MissingKey_WithFallback_IsTheFallback) {
  const Config c = config("");
  EXPECT_EQ(c.integer("seed", 3), 3);
  EXPECT_EQ(c.text("name", ""), "");
  EXPECT_TRUE(c.texts("list").empty());
}

TEST(ConfigTest, MissingKey_WithoutFallback_IsNamedInTheError) {
  const Error error = error_of([] { config("").integer("seed"); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_STREQ(error.what(), "run.toml: missing key seed");
}

TEST(ConfigTest, WrongType_NamesKeyLineAndType) {
  const Config c = config("\nseed = \"x\"\nlist = [1, \"a\"]\n");
  EXPECT_STREQ(error_of([&] { c.integer("seed"); }).what(), "run.toml:2: key seed must be a whole number");
  EXPECT_THAT(error_of([&] { c.number("seed"); }).what(), HasSubstr("a number"));
  EXPECT_THAT(error_of([&] { c.flag("seed"); }).what(), HasSubstr("true or false"));
  EXPECT_THAT(error_of([&] { c.numbers("list"); }).what(), HasSubstr("run.toml:3"));
  EXPECT_THAT(error_of([&] { c.texts("list"); }).what(), HasSubstr("a list of texts"));
  EXPECT_THAT(error_of([] { config("x = 1.5").integer("x"); }).what(), HasSubstr("a whole number"));
}

TEST(ConfigTest, UnknownKey_IsRefusedWithTheNearestKnownOne) {
  const Config c = config("[train]\nlerning_rate = 1.0\n");
  c.number("train.learning_rate", 0.1);
  const Error error = error_of([&] { c.reject_unused(); });
  EXPECT_STREQ(error.what(), "run.toml:2: unknown key train.lerning_rate (did you mean train.learning_rate?)");
}

TEST(ConfigTest, RejectUnused_WhenAllWereAskedFor_IsSilent) {
  const Config c = config("seed = 1\n[a]\nb = 2\n");
  c.integer("seed");
  c.has("a.b");
  EXPECT_NO_THROW(c.reject_unused());
}

TEST(ConfigTest, Keys_BelowATable_DoNotMixWithLongerNames) {
  const Config c = config("[train]\nb = 1\na = 1\n[training]\nc = 1\n");
  EXPECT_THAT(c.keys("train"), ElementsAre("train.a", "train.b"));
  EXPECT_THAT(c.keys("train."), ElementsAre("train.a", "train.b"));
  EXPECT_THAT(c.keys(), ElementsAre("train.a", "train.b", "training.c"));
}

TEST(ConfigTest, BrokenToml_NamesTheLine) {
  const Error error = error_of([] { config("a = 1\nb = [1, \n"); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_THAT(error.what(), HasSubstr("not valid TOML"));
  EXPECT_TRUE(error.position().line.has_value());
}

TEST(ConfigTest, TablesOfAList_AreKeysByTheirPlace) {
  const Config config = Config::parse("[[f]]\nurl = 'a'\n[[f]]\nurl = 'b'\nsise = 1\n", "c.toml");
  EXPECT_EQ(config.text("f[0].url"), "a");
  EXPECT_EQ(config.text("f[1].url"), "b");
  EXPECT_FALSE(config.has("f[2]"));
  EXPECT_THROW(config.reject_unused(), Error);
  EXPECT_EQ(config.integer("f[1].sise"), 1);
  config.reject_unused();
}

TEST(ConfigTest, EveryCut_OfADocument_ParsesOrThrowsOurError) {
  for (std::size_t size = 0; size < kText.size(); ++size) {
    try {
      config(kText.substr(0, size));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
    }
  }
}

TEST(ConfigTest, Manifest_MissingOrBroken_IsAModelError) {
  const std::string missing = testing::TempDir() + "molbridge_no_such.toml";
  EXPECT_EQ(error_of([&] { Config::read(missing, true); }).code(), ErrorCode::kModel);
  EXPECT_EQ(error_of([&] { Config::read(missing, false); }).code(), ErrorCode::kInput);
  EXPECT_EQ(error_of([] { Config::parse("=", "model.toml", true); }).code(), ErrorCode::kModel);
}

TEST(ConfigWriterTest, Document_ReadBack_IsEqual) {
  const std::string awkward = "a \"quote\", back\\slash, tab\t, line\nend, é, ''', \"\"\", \x01\x7f";
  ConfigWriter writer;
  writer.comment("written by a test");
  writer.text("name", awkward);
  writer.integer("seed", std::numeric_limits<std::int64_t>::min());
  writer.number("train.whole", 3.0);
  writer.number("train.small", 1.0 / 3.0);
  writer.number("train.large", 1e300);
  writer.number("train.endless", std::numeric_limits<double>::infinity());
  writer.flag("train.resume", false);
  writer.texts("data.files", {"a.mgf", awkward, ""});
  writer.texts("data.none", {});
  writer.text("data.latin1", "caf\xe9");

  const Config c = config(writer.str());
  EXPECT_EQ(c.text("name"), awkward);
  EXPECT_EQ(c.integer("seed"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(c.number("train.whole"), 3.0);
  EXPECT_EQ(c.number("train.small"), 1.0 / 3.0);
  EXPECT_EQ(c.number("train.large"), 1e300);
  EXPECT_EQ(c.number("train.endless"), std::numeric_limits<double>::infinity());
  EXPECT_FALSE(c.flag("train.resume"));
  EXPECT_THAT(c.texts("data.files"), ElementsAre("a.mgf", awkward, ""));
  EXPECT_TRUE(c.texts("data.none").empty());
  EXPECT_EQ(c.text("data.latin1"), "caf\xef\xbf\xbd");
  EXPECT_NO_THROW(c.reject_unused());
}

TEST(ConfigWriterTest, Tables_StandInTheOrderWritten) {
  ConfigWriter writer;
  writer.integer("format", 1);
  writer.text("data.file", "x");
  writer.flag("data.sorted", true);
  EXPECT_EQ(writer.str(), "format = 1\n\n[data]\nfile = \"x\"\nsorted = true\n");
}

TEST(ConfigWriterTest, TopLevelKeyAfterATable_IsADefectOfOurs) {
  ConfigWriter writer;
  writer.integer("a.b", 1);
  EXPECT_EQ(error_of([&] { writer.integer("late", 1); }).code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace molbridge
