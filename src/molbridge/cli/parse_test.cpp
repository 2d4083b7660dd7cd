#include "molbridge/cli/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/cli/help.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A root with "run INPUT... [--ppm N] [--strict]" and the group "box" with "open".
class ParseTest : public ::testing::Test {
 protected:
  ParseTest() {
    Command& run = root_.add("run", "Runs.", "molbridge run a.mgf");
    run.inputs("INPUT", &inputs_, "what to read");
    run.option("--ppm", &ppm_, "N", "width").range(0, 100);
    run.flag("--strict", &strict_, "stop at once");
    run.on_run([](const Context&) { return 0; });
    root_.add("box", "A group.", "molbridge box open")
        .add("open", "Opens.", "molbridge box open")
        .on_run([](const Context&) { return 0; });
  }

  ParsedCommand parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "molbridge");
    return parse_arguments(root_, static_cast<int>(arguments.size()), arguments.data());
  }
  std::string refusal(const std::vector<const char*>& arguments) {
    try {
      resolve_options(parse(arguments));
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kUsage);
      return e.what();
    }
    return "nothing was refused";
  }

  std::vector<std::string> inputs_;
  double ppm_ = 10;
  bool strict_ = false;
  Command root_{"molbridge", "Root.", "molbridge run a.mgf"};
};

TEST_F(ParseTest, OptionsMayStandBetweenInputs) {
  resolve_options(parse({"run", "a", "--ppm", "5", "-", "--strict", "b"}));
  EXPECT_THAT(inputs_, ElementsAre("a", "-", "b"));
  EXPECT_EQ(ppm_, 5);
  EXPECT_TRUE(strict_);
}

TEST_F(ParseTest, EqualSignBeforeTheValue) {
  resolve_options(parse({"run", "a", "--ppm=7"}));
  EXPECT_EQ(ppm_, 7);
}

TEST_F(ParseTest, InputNamedLikeACommand_IsAnInput) {
  resolve_options(parse({"run", "box", "run"}));
  EXPECT_THAT(inputs_, ElementsAre("box", "run"));
}

TEST_F(ParseTest, AfterDoubleDash_EverythingIsAnInput) {
  resolve_options(parse({"run", "--strict", "--", "-odd", "--ppm"}));
  EXPECT_THAT(inputs_, ElementsAre("-odd", "--ppm"));
}

TEST_F(ParseTest, GroupsAreDescended) {
  EXPECT_EQ(parse({"box", "open"}).command->full_name(), "molbridge box open");
  EXPECT_EQ(parse({"box"}).command->full_name(), "molbridge box");
  EXPECT_EQ(parse({}).command, &root_);
}

TEST_F(ParseTest, HelpAndVersionNeedNothingElse) {
  EXPECT_TRUE(parse({"run", "--help", "--nonsense"}).help);
  EXPECT_TRUE(parse({"--version"}).version);
  EXPECT_THAT(refusal({"run", "--version"}), HasSubstr("unknown option --version"));
}

TEST_F(ParseTest, WhatIsWrong_IsNamedWithTheNearestRightOne) {
  EXPECT_THAT(refusal({"run", "a", "--pmm", "3"}), HasSubstr("unknown option --pmm (did you mean --ppm?)"));
  EXPECT_THAT(refusal({"rum"}), HasSubstr("unknown command 'rum' (did you mean run?)"));
  EXPECT_THAT(refusal({"box", "opne"}), HasSubstr("did you mean open?"));
  EXPECT_THAT(refusal({"run"}), StartsWith("missing INPUT"));
  EXPECT_THAT(refusal({"run", "a", "--ppm", "101"}), HasSubstr("between 0 and 100"));
}

TEST_F(ParseTest, Help_StartsWithTheExampleAndShowsDefaults) {
  const std::string help = command_help(*root_.subcommands().front());
  EXPECT_THAT(help, StartsWith("Example: molbridge run a.mgf\n"));
  EXPECT_THAT(help, HasSubstr("--ppm N"));
  EXPECT_THAT(help, HasSubstr("[10] {MOLBRIDGE_PPM}"));
}

}  // namespace
}  // namespace molbridge::cli
