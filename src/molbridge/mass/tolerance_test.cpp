#include "molbridge/mass/tolerance.hpp"

#include <gtest/gtest.h>

namespace molbridge::mass {
namespace {

TEST(ToleranceTest, Parse_ReadsTheUnitsOfTheField) {
  EXPECT_EQ(Tolerance::parse("10 ppm")->str(), "10 ppm");
  EXPECT_EQ(Tolerance::parse(" 10ppm ")->str(), "10 ppm");
  EXPECT_EQ(Tolerance::parse("0.01 Da")->str(), "0.01 Da");
  EXPECT_EQ(Tolerance::parse("5 mDa")->str(), "0.005 Da");
}

TEST(ToleranceTest, Parse_RefusesWhatHasNoUnitOrNoSense) {
  for (const char* text : {"", "10", "ppm", "-1 ppm", "nan ppm", "inf Da", "1e999 Da", "10 %", "1 2 ppm"}) {
    const auto result = Tolerance::parse(text);
    EXPECT_FALSE(result) << text;
  }
}

TEST(ToleranceTest, Around_PpmIsRelativeAndDaltonIsNot) {
  const auto ppm = Tolerance::ppm(10).around(500);
  EXPECT_DOUBLE_EQ(ppm.low, 499.995);
  EXPECT_DOUBLE_EQ(ppm.high, 500.005);
  const auto dalton = Tolerance::dalton(0.5).around(500);
  EXPECT_TRUE(dalton.contains(499.5));
  EXPECT_TRUE(dalton.contains(500.5));
  EXPECT_FALSE(dalton.contains(500.500001));
}

TEST(ToleranceTest, PpmError_IsSigned) {
  EXPECT_NEAR(ppm_error(500.005, 500.0), 10.0, 1e-6);
  EXPECT_NEAR(ppm_error(499.995, 500.0), -10.0, 1e-6);
}

}  // namespace
}  // namespace molbridge::mass
