#include "molbridge/core/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "molbridge/core/rng.hpp"

namespace molbridge {
namespace {

using testing::ElementsAre;

TEST(TextTest, Trim_AllKindsOfSpace_AreTakenOff) {
  EXPECT_EQ(trim(" \t\r\n\f\va b\n "), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(TextTest, Case_Letters_ChangeAndOtherBytesStay) {
  EXPECT_EQ(to_lower("PEPMASS_é=1"), "pepmass_é=1");
  EXPECT_EQ(to_upper("c6h6 é"), "C6H6 é");
}

TEST(TextTest, CaseInsensitive_Comparisons_IgnoreCaseOnly) {
  EXPECT_TRUE(iequals("Precursor_MZ", "precursor_mz"));
  EXPECT_FALSE(iequals("precursormz", "precursor_mz"));
  EXPECT_FALSE(iequals("[", "{"));  // they differ by the case bit
  EXPECT_TRUE(starts_with_icase("CHARGE=1", "charge="));
  EXPECT_FALSE(starts_with_icase("CH", "charge"));
}

TEST(TextTest, Split_EmptyFields_AreKept) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(TextTest, SplitWhitespace_RunsOfSpace_GiveNoEmptyField) {
  EXPECT_THAT(split_whitespace("  100.5\t 20 \r"), ElementsAre("100.5", "20"));
  EXPECT_THAT(split_whitespace(" \t"), ElementsAre());
}

TEST(TextTest, Join_Parts_StandBetweenSeparators) {
  const std::vector<std::string> parts = {"a", "", "b"};
  EXPECT_EQ(join(parts, ", "), "a, , b");
  EXPECT_EQ(join({}, ","), "");
}

TEST(TextTest, ParseDouble_WholeNumbers_AreRead) {
  EXPECT_EQ(parse_double("1e3"), 1000.0);
  EXPECT_EQ(parse_double("+2.5"), 2.5);
  EXPECT_EQ(parse_double(" -.5\r"), -0.5);
  EXPECT_EQ(parse_double("7."), 7.0);
  EXPECT_EQ(parse_double("180.0634"), 180.0634);
}

TEST(TextTest, ParseDouble_NanAndInf_AreLeftToTheCaller) {
  ASSERT_TRUE(parse_double("nan").has_value());
  EXPECT_TRUE(std::isnan(*parse_double("NaN")));
  EXPECT_EQ(parse_double("-inf"), -std::numeric_limits<double>::infinity());
}

TEST(TextTest, ParseDouble_AnythingElse_IsRefused) {
  for (const char* text :
       {"", " ", "+", "-", "++1", "+-1", "-+1", "1,5", "1e", "0x10", "1.2.3", "12 13", "1e999", "5 ppm"}) {
    EXPECT_FALSE(parse_double(text).has_value()) << text;
  }
}

TEST(TextTest, ParseInt_OnlyWholeNumbersInRange_AreRead) {
  EXPECT_EQ(parse_int("+42"), 42);
  EXPECT_EQ(parse_int("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* text : {"", "1.0", "1e3", "+-3", "9223372036854775808", "12a"}) {
    EXPECT_FALSE(parse_int(text).has_value()) << text;
  }
}

TEST(TextTest, FormatShortest_AnyDouble_ReadsBackEqual) {
  Rng rng(1, "text");
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(rng.next());
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(parse_double(format_shortest(value)), value) << format_shortest(value);
  }
  EXPECT_EQ(format_shortest(0.1), "0.1");
  EXPECT_EQ(format_shortest(100.0), "100");
}

TEST(TextTest, FormatFixed_KeepsDecimals) {
  EXPECT_EQ(format_fixed(1.5, 3), "1.500");
  EXPECT_EQ(format_fixed(-0.0005, 2), "-0.00");
  EXPECT_EQ(format_fixed(123456789.25, 1), "123456789.2");
  EXPECT_EQ(format_fixed(1e300, 4).size(), 301u + 5u);
}

TEST(TextTest, FormatCount_GroupsByThree) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(TextTest, Nearest_Typo_FindsTheEntry) {
  const std::vector<std::string> entries = {"train.learning_rate", "train.epochs", "seed"};
  EXPECT_EQ(nearest("train.lerning_rate", entries), "train.learning_rate");
  EXPECT_EQ(nearest("SEDE", entries), "seed");
}

TEST(TextTest, Nearest_NothingAlike_GivesNothing) {
  const std::vector<std::string> entries = {"train.learning_rate", "seed"};
  EXPECT_FALSE(nearest("bank", entries).has_value());
  EXPECT_FALSE(nearest("seed", {}).has_value());
}

TEST(TextTest, ValidUtf8_ValidText_IsUnchanged) {
  const std::string text = "a é µ 漢 \xf0\x9f\xa7\xaa \xef\xbf\xbf \xf4\x8f\xbf\xbf";
  EXPECT_EQ(valid_utf8(text), text);
}

TEST(TextTest, ValidUtf8_BrokenBytes_BecomeReplacementCharacters) {
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(valid_utf8("caf\xe9"), "caf" + r);
  EXPECT_EQ(valid_utf8("\xc3"), r);                          // cut
  EXPECT_EQ(valid_utf8("\xc0\xaf"), r + r);                  // overlong
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), r + r + r);          // surrogate
  EXPECT_EQ(valid_utf8("\xf5\x80\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(valid_utf8("\xe2\x82z"), r + r + "z");
}

TEST(TextTest, TsvCell_TabsLineEndsAndFormulas_AreMadeHarmless) {
  EXPECT_EQ(tsv_cell("a\tb\r\nc"), "a b  c");
  EXPECT_EQ(tsv_cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
  EXPECT_EQ(tsv_cell("@x"), "'@x");
  EXPECT_EQ(tsv_cell("-1.5"), "-1.5");
  EXPECT_EQ(tsv_cell("+/-"), "+/-");
  EXPECT_EQ(tsv_cell(""), "");
}

}  // namespace
}  // namespace molbridge
