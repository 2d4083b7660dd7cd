#include "molbridge/core/delimited.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace molbridge {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::pair<std::uint64_t, std::vector<std::string>>> records(std::string_view text, char delimiter = ',') {
  auto lines = LineSource::from_memory("x", text);
  RecordSource source(*lines, delimiter);
  std::vector<std::pair<std::uint64_t, std::vector<std::string>>> all;
  while (auto record = source.next()) {
    if (record->unterminated_quote) record->fields = {"UNTERMINATED"};
    all.emplace_back(record->line, record->fields);
  }
  return all;
}

TEST(SplitRecord, Quotes_HoldDelimitersAndQuotes) {
  EXPECT_THAT(*split_record("a,b,c", ','), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*split_record("", ','), ElementsAre(""));
  EXPECT_THAT(*split_record("a,,", ','), ElementsAre("a", "", ""));
  EXPECT_THAT(*split_record(R"("2,4-D",x)", ','), ElementsAre("2,4-D", "x"));
  EXPECT_THAT(*split_record(R"("a ""b"" c",x)", ','), ElementsAre("a \"b\" c", "x"));
  EXPECT_THAT(*split_record(R"(5"-deoxy,x)", ','), ElementsAre("5\"-deoxy", "x"));
  EXPECT_THAT(*split_record(R"("a"b,x)", ','), ElementsAre("ab", "x"));
  EXPECT_FALSE(split_record(R"("open,x)", ','));
  EXPECT_THAT(split_line(R"("open,x)", ','), ElementsAre("\"open", "x"));
}

TEST(SniffDelimiter, TheOneWithMostFields) {
  EXPECT_EQ(sniff_delimiter("a,b,c"), ',');
  EXPECT_EQ(sniff_delimiter("a\tb\tc"), '\t');
  EXPECT_EQ(sniff_delimiter("a;b;c"), ';');
  EXPECT_EQ(sniff_delimiter("a|b|c"), '|');
  EXPECT_EQ(sniff_delimiter("a, with comma\tb\tc"), '\t');
  EXPECT_EQ(sniff_delimiter(R"("a,b,c,d";e;f)"), ';');
  EXPECT_EQ(sniff_delimiter("SMILES"), ',');
}

TEST(RecordSource, QuotedFields_MaySpanLines) {
  EXPECT_THAT(records("a,b\n\"two\nlines\",c\n\nd,e\n"),
              ElementsAre(Pair(1, ElementsAre("a", "b")), Pair(2, ElementsAre("two\nlines", "c")),
                          Pair(5, ElementsAre("d", "e"))));
}

TEST(RecordSource, LoneQuote_CostsItsOwnLineOnly) {
  EXPECT_THAT(records("a,\"b\nc,d\ne,f\n"),
              ElementsAre(Pair(1, ElementsAre("UNTERMINATED")), Pair(2, ElementsAre("c", "d")),
                          Pair(3, ElementsAre("e", "f"))));
}

TEST(RecordSource, Tabs_KeepLoneQuotesAsText) {
  EXPECT_THAT(records("\"a\tb\nc\t\"d\"\n", '\t'),
              ElementsAre(Pair(1, ElementsAre("\"a", "b")), Pair(2, ElementsAre("c", "d"))));
}

TEST(RecordSource, FileFullOfLoneQuotes_EndsSoon) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "a\"b,\"c\n";  // closes one, opens the next
  EXPECT_EQ(records(text).size(), 20'000U);
}

TEST(RecordSource, SpanningField_AgreesWithTheWholeText) {
  // whatever the line ends do, a record's fields are those of its joined text
  for (const char* text :
       {"\"a\"\"\nb\",c", "\"a\n\"\"b\",c", "x,\"a\n\n\nb\"", "\"a\nb\"c,\"d\ne\"", "\"\n\"\"\n\""}) {
    const auto all = records(text);
    ASSERT_EQ(all.size(), 1U) << text;
    EXPECT_EQ(all[0].second, *split_record(text, ',')) << text;
  }
}

}  // namespace
}  // namespace molbridge
