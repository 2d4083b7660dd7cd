#include "molbridge/core/error.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "molbridge/core/result.hpp"

namespace molbridge {
namespace {

TEST(ErrorTest, ExitCode_EveryKind_IsTheDocumentedOne) {
  EXPECT_EQ(exit_code(ErrorCode::kUsage), 2);
  EXPECT_EQ(exit_code(ErrorCode::kInput), 3);
  EXPECT_EQ(exit_code(ErrorCode::kModel), 4);
  EXPECT_EQ(exit_code(ErrorCode::kResource), 5);
  EXPECT_EQ(exit_code(ErrorCode::kOutput), 6);
  EXPECT_EQ(exit_code(ErrorCode::kInternal), 70);
  EXPECT_EQ(exit_code(ErrorCode::kCancelled), 130);
}

TEST(ErrorTest, Name_EveryKind_IsDistinct) {
  std::set<std::string_view> names;
  for (const auto code : {ErrorCode::kUsage, ErrorCode::kInput, ErrorCode::kModel, ErrorCode::kResource,
                          ErrorCode::kOutput, ErrorCode::kCancelled, ErrorCode::kInternal}) {
    names.insert(name(code));
  }
  EXPECT_EQ(names.size(), 7u);
}

TEST(ErrorTest, What_WithoutPosition_IsTheMessage) {
  EXPECT_STREQ(Error(ErrorCode::kInput, "no peaks").what(), "no peaks");
}

TEST(ErrorTest, What_WithLineAndRemedy_NamesBoth) {
  const Error error = Error(ErrorCode::kInput, "no END IONS").at_line("a.mgf", 12).remedy("Add it.");
  EXPECT_STREQ(error.what(), "a.mgf:12: no END IONS\n  Add it.");
  EXPECT_EQ(error.message(), "no END IONS");
  EXPECT_EQ(error.position().line, 12u);
  EXPECT_FALSE(error.position().offset.has_value());
}

TEST(ErrorTest, What_WithOffset_NamesTheByte) {
  const Error error = Error(ErrorCode::kModel, "wrong magic").remedy("Build it again.").at_offset("bank.npy", 0);
  EXPECT_STREQ(error.what(), "bank.npy at byte 0: wrong magic\n  Build it again.");
}

TEST(ErrorTest, Catch_AsRuntimeError_KeepsTheFullText) {
  try {
    throw Error(ErrorCode::kOutput, "disk full").in_file("out.tsv");
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "out.tsv: disk full");
  }
}

TEST(ErrorTest, Check_WhenTrue_DoesNothing) { EXPECT_NO_THROW(MOLBRIDGE_CHECK(1 + 1 == 2, "arithmetic")); }

TEST(ErrorTest, Check_WhenFalse_ThrowsInternalWithExpressionAndValues) {
  const int width = 3;
  try {
    MOLBRIDGE_CHECK(width == 4, "width " + std::to_string(width));
    FAIL() << "did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
    EXPECT_NE(std::string(error.what()).find("width == 4"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("width 3"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("error_test.cpp"), std::string::npos);
  }
}

TEST(ResultTest, Value_WhenThere_IsGiven) {
  const Result<std::string> result = std::string("C6H6");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "C6H6");
  EXPECT_EQ(result->size(), 4u);
  EXPECT_EQ(result.reason(), "");
}

TEST(ResultTest, Value_WhenFailed_ThrowsInternalWithTheReason) {
  const Result<int> result = Failure{"unknown element Xx"};
  EXPECT_FALSE(result);
  EXPECT_EQ(result.reason(), "unknown element Xx");
  try {
    result.value();
    FAIL() << "did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
    EXPECT_NE(std::string(error.what()).find("unknown element Xx"), std::string::npos);
  }
}

TEST(ResultTest, Value_OfRvalue_CanBeMovedOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 7);
}

}  // namespace
}  // namespace molbridge
