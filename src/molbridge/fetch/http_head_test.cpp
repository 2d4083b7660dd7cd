#include "molbridge/fetch/http_head.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace molbridge::fetch {
namespace {

TEST(ContentRange, WholeForm_IsRead) {
  const auto range = parse_content_range(" bytes 5-9/10 ");
  ASSERT_TRUE(range) << range.reason();
  EXPECT_EQ(range->first, 5u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->total, 10u);
}

TEST(ContentRange, UnknownTotalAndUnsatisfied_AreRead) {
  EXPECT_FALSE(parse_content_range("bytes 0-0/*")->total);
  const auto unsatisfied = parse_content_range("BYTES */42");
  EXPECT_FALSE(unsatisfied->first);
  EXPECT_EQ(unsatisfied->total, 42u);
}

TEST(ContentRange, AnythingElse_IsRefused) {
  for (const char* text : {"", "bytes", "bytes ", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10", "bytes -5-9/10",
                           "bytes +5-9/10", "bytes 5-/10", "bytes -9/10", "bytes 5-9/", "bytes */*", "items 5-9/10",
                           "bytes 5-9/10 x", "bytes 0-99999999999999999999/*", "bytes 5-9/10,bytes 5-9/10"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(RetryAfter, SecondsAndDates_BecomeSeconds) {
  EXPECT_EQ(parse_retry_after("7", 0), 7.0);
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", 40), 60.0);
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", 500), 0.0);
}

TEST(RetryAfter, Nonsense_IsNone) {
  for (const char* text : {"", "soon", "-3", "1.5e9x", "99999999999999999999999"})
    EXPECT_FALSE(parse_retry_after(text, 0)) << text;
}

TEST(Etag, WeakOnes_DoNotStandForBytes) {
  EXPECT_TRUE(is_strong_etag("\"abc\""));
  for (const char* text : {"", "\"", "W/\"abc\"", "abc", "\"a\"b\"", "\"a b\"", "\"a\r\nHost: x\""})
    EXPECT_FALSE(is_strong_etag(text)) << text;
}

ResponseHead collected(const std::vector<std::string>& lines) {
  HeadCollector collector;
  bool ended = false;
  for (const std::string& line : lines) ended = collector.take(line + "\r\n");
  EXPECT_TRUE(ended);
  return collector.head();
}

TEST(HeadCollector, FinalHead_IsThatBehindTheInterimOne) {
  const ResponseHead head =
      collected({"HTTP/1.1 103 Early Hints", "Content-Length: 3", "", "HTTP/1.1 206 Partial Content",
                 "content-length:  5", "Content-Range: bytes 5-9/10", "ETag: \"v1\"", ""});
  EXPECT_EQ(head.status, 206);
  EXPECT_EQ(head.length, 5u);
  EXPECT_EQ(head.content_range, "bytes 5-9/10");
  EXPECT_EQ(head.etag, "\"v1\"");
  EXPECT_FALSE(head.ends_itself);
}

TEST(HeadCollector, BodiesThatEndThemselves_AreKnown) {
  EXPECT_TRUE(collected({"HTTP/2 200", ""}).ends_itself);
  EXPECT_TRUE(collected({"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", ""}).ends_itself);
  EXPECT_FALSE(collected({"HTTP/1.0 200 OK", ""}).ends_itself);
}

TEST(HeadCollector, LengthsThatContradict_AreAnError) {
  HeadCollector collector;
  collector.take("HTTP/1.1 200 OK");
  collector.take("Content-Length: 5");
  EXPECT_THROW(collector.take("Content-Length: 6"), Error);
  EXPECT_THROW(collector.take("Content-Length: -5"), Error);
}

TEST(HeadCollector, OddLines_ArePassedOver) {
  const ResponseHead head = collected({"HTTP/1.1 200 OK", "no colon", ":", "ETag: " + std::string(100000, 'x'), ""});
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.etag.empty());
}

}  // namespace
}  // namespace molbridge::fetch
