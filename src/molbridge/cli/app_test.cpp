#include "molbridge/cli/app.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "molbridge/core/error.hpp"

namespace molbridge::cli {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code;
  std::string said;
};

Outcome outcome_of(const std::function<int()>& work) {
  ::testing::internal::CaptureStderr();
  const int code = run_guarded(work);
  return {code, ::testing::internal::GetCapturedStderr()};
}

TEST(RunGuarded, WhatReturns_KeepsItsCode) {
  EXPECT_EQ(outcome_of([] { return 1; }).code, 1);
}

TEST(RunGuarded, EveryErrorCode_BecomesItsExitCode) {
  const std::pair<ErrorCode, int> table[] = {
      {ErrorCode::kUsage, 2},  {ErrorCode::kInput, 3},     {ErrorCode::kModel, 4},      {ErrorCode::kResource, 5},
      {ErrorCode::kOutput, 6}, {ErrorCode::kInternal, 70}, {ErrorCode::kCancelled, 130}};
  for (const auto& [code, expected] : table) {
    const Outcome outcome =
        outcome_of([code = code]() -> int { throw Error(code, "why").at_line("f.mgf", 3).remedy("Do this."); });
    EXPECT_EQ(outcome.code, expected);
    EXPECT_EQ(outcome.said, "molbridge: f.mgf:3: why\n  Do this.\n");
  }
}

TEST(RunGuarded, BrokenPromiseBetweenOurParts_Is70) {
  const Outcome outcome = outcome_of([]() -> int {
    MOLBRIDGE_CHECK(1 == 2, "values");
    return 0;
  });
  EXPECT_EQ(outcome.code, 70);
  EXPECT_THAT(outcome.said, HasSubstr("defect of molbridge"));
}

TEST(RunGuarded, OutOfMemory_Is5) {
  const Outcome outcome = outcome_of([]() -> int { throw std::bad_alloc(); });
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.said, HasSubstr("out of memory"));
}

TEST(RunGuarded, ControlCharactersInMessages_DoNotReachTheTerminal) {
  const Outcome outcome = outcome_of([]() -> int { throw Error(ErrorCode::kInput, "title \x1b[2Jgone\r"); });
  EXPECT_EQ(outcome.said, "molbridge: title ?[2Jgone?\n");
}

TEST(RunGuarded, ForeignException_Is70) {
  EXPECT_EQ(outcome_of([]() -> int { throw std::runtime_error("foreign"); }).code, 70);
  EXPECT_EQ(outcome_of([]() -> int { throw 42; }).code, 70);
}

}  // namespace
}  // namespace molbridge::cli
