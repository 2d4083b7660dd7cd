#include "molbridge/cli/option.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kUsage);
    return e.message();
  }
  return "nothing was refused";
}

TEST(Option, NamesComeFromTheLongFlag) {
  std::string value;
  const Option option("-o,--skipped-list", &value, "FILE", "");
  EXPECT_EQ(option.label(), "--skipped-list");
  EXPECT_EQ(option.key(), "skipped_list");
  EXPECT_EQ(option.environment(), "MOLBRIDGE_SKIPPED_LIST");
}

TEST(Option, PositionalHasAKeyButNoEnvironment) {
  std::vector<std::string> value;
  const Option option("", &value, "INPUT", "");
  EXPECT_EQ(option.label(), "INPUT");
  EXPECT_EQ(option.key(), "input");
  EXPECT_EQ(option.environment(), "");
}

TEST(Option, DefaultIsWhatTheVariableHeld) {
  double ppm = 10;
  Option option("--ppm", &ppm, "PPM", "");
  option.set_texts({"5"}, "--ppm");
  EXPECT_EQ(ppm, 5);
  EXPECT_EQ(option.default_text(), "10");
}

TEST(Option, SetTexts_LastOneWins_ListTakesAll) {
  std::string text;
  std::vector<std::string> list;
  Option("--a", &text, "", "").set_texts({"x", "y"}, "--a");
  Option("--b", &list, "", "").set_texts({"x", "y"}, "--b");
  EXPECT_EQ(text, "y");
  EXPECT_THAT(list, ElementsAre("x", "y"));
}

TEST(Option, SetTexts_WrongValue_NamesOriginAndText) {
  int number = 0;
  Option option("--top-k", &number, "K", "");
  EXPECT_THAT(refusal([&] { option.set_texts({"ten"}, "MOLBRIDGE_TOP_K"); }), HasSubstr("MOLBRIDGE_TOP_K: 'ten'"));
  EXPECT_THAT(refusal([&] { option.set_texts({"3000000000"}, "--top-k"); }), HasSubstr("in range"));
}

TEST(Option, Range_BothEndsBelong) {
  std::uint64_t k = 1;
  Option option("--k", &k, "K", "");
  option.range(1, 9);
  option.set_texts({"9"}, "--k");
  EXPECT_THAT(refusal([&] { option.set_texts({"10"}, "--k"); }), HasSubstr("between 1 and 9"));
  EXPECT_THAT(refusal([&] { option.set_texts({"-1"}, "--k"); }), HasSubstr("range"));
}

TEST(Option, Sizes_UnitsAreBinary) {
  ByteSize size;
  Option option("--memory", &size, "SIZE", "");
  const auto read = [&](const std::string& text) {
    option.set_texts({text}, "--memory");
    return size.bytes;
  };
  EXPECT_EQ(read("512"), 512u);
  EXPECT_EQ(read("2k"), 2048u);
  EXPECT_EQ(read("1.5M"), 1572864u);
  EXPECT_EQ(read("1GB"), 1073741824u);
  for (const char* bad : {"", "G", "-1", "1X", "1GG", "inf", "1e30"}) {
    EXPECT_THAT(refusal([&] { read(bad); }), HasSubstr("a size such as")) << bad;
  }
}

TEST(Option, Config_RoundTripOfEveryKind) {
  bool flag = true;
  std::string text = "tab\t\"quote\" é";
  double number = 0.1;
  int integer = -7;
  ByteSize size{3 << 20};
  std::vector<std::string> list = {"a", "b,c"};
  std::optional<std::string> absent;
  std::optional<double> present = 2;
  const auto declare = [&] {
    std::vector<Option> options;
    options.emplace_back("--flag", &flag, "", "");
    options.emplace_back("--text", &text, "", "");
    options.emplace_back("--number", &number, "", "");
    options.emplace_back("--integer", &integer, "", "");
    options.emplace_back("--size", &size, "", "");
    options.emplace_back("--list", &list, "", "");
    options.emplace_back("--absent", &absent, "", "");
    options.emplace_back("--present", &present, "", "");
    return options;
  };
  ConfigWriter writer;
  for (const Option& option : declare()) option.write_config(writer);
  flag = false;
  text.clear();
  number = integer = 0;
  size.bytes = 0;
  list.clear();
  present.reset();
  const Config config = Config::parse(writer.str(), "saved.toml");
  for (Option& option : declare()) {
    if (config.has(option.key())) option.set_from_config(config);
  }
  EXPECT_TRUE(flag);
  EXPECT_EQ(text, "tab\t\"quote\" é");
  EXPECT_EQ(number, 0.1);
  EXPECT_EQ(integer, -7);
  EXPECT_EQ(size.bytes, 3u << 20);
  EXPECT_THAT(list, ElementsAre("a", "b,c"));
  EXPECT_FALSE(absent);
  EXPECT_EQ(present, 2);
}

}  // namespace
}  // namespace molbridge::cli
