#include "molbridge/core/progress.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "molbridge/core/version.hpp"

namespace molbridge {
namespace {

TEST(FormatDurationTest, Seconds_AreRoundedAndGrouped) {
  EXPECT_EQ(format_duration(0), "0 s");
  EXPECT_EQ(format_duration(12.4), "12 s");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(245), "4:05");
  EXPECT_EQ(format_duration(3723), "1:02:03");
  EXPECT_EQ(format_duration(360000), "100:00:00");
}

TEST(FormatDurationTest, WhatIsNoDuration_StillGivesText) {
  EXPECT_EQ(format_duration(-5), "0 s");
  EXPECT_EQ(format_duration(1e300), "277777:46:40");
}

std::string printed_by(Progress& progress) {
  testing::internal::CaptureStderr();
  progress.start("reading", 10, "spectra");
  progress.note("loss 0.41");
  for (std::uint64_t i = 1; i <= 10; ++i) progress.advance(i);
  progress.finish();
  return testing::internal::GetCapturedStderr();
}

TEST(ProgressTest, QuickStep_AwayFromATerminal_PrintsNothing) {
  EXPECT_EQ(printed_by(*make_stderr_progress(false)), "");
}

TEST(ProgressTest, Quiet_PrintsNothing) {
  EXPECT_EQ(printed_by(*make_stderr_progress(true)), "");
  EXPECT_EQ(printed_by(no_progress()), "");
}

TEST(ProgressTest, AdvanceWithoutStart_IsHarmless) {
  const auto progress = make_stderr_progress(false);
  progress->advance(5);
  progress->finish();
}

TEST(VersionTest, Version_IsSemantic) {
  int major = -1;
  int minor = -1;
  int patch = -1;
  EXPECT_EQ(std::sscanf(std::string(version()).c_str(), "%d.%d.%d", &major, &minor, &patch), 3) << version();
}

}  // namespace
}  // namespace molbridge
