#include "molbridge/fetch/url.hpp"

#include <gtest/gtest.h>

namespace molbridge::fetch {
namespace {

TEST(Url, Parts_AreReadAndDefaultPortsFilled) {
  const auto url = parse_url("https://Zenodo.org/records/1/files/a.pt?download=1");
  ASSERT_TRUE(url) << url.reason();
  EXPECT_EQ(url->origin(), "https://zenodo.org:443");
  EXPECT_EQ(url->shown(), "https://Zenodo.org/records/1/files/a.pt");
  EXPECT_EQ(parse_url("http://h:8080/x")->origin(), "http://h:8080");
}

TEST(Url, OtherSchemesUserNamesAndNonsense_AreRefused) {
  for (const char* text : {"", "x", "ftp://h/x", "file:///etc/passwd", "https://user:secret@h/x", "https://user@h/x",
                           "https://", "https://h:99999/x", "http://h/a b", "//h/x"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, Secrets_DoNotStandInTheReason) {
  EXPECT_EQ(parse_url("https://user:secret@h/x").reason().find("secret"), std::string::npos);
}

TEST(ResolveUrl, Locations_MayBeRelative) {
  const Url base = *parse_url("https://h/a/b?q=1");
  EXPECT_EQ(resolve_url(base, "c")->text, "https://h/a/c");
  EXPECT_EQ(resolve_url(base, "/c")->text, "https://h/c");
  EXPECT_EQ(resolve_url(base, "//other/c")->text, "https://other/c");
  EXPECT_EQ(resolve_url(base, "http://other/c")->scheme, "http");
  EXPECT_FALSE(resolve_url(base, ""));
  EXPECT_FALSE(resolve_url(base, "file:///etc/passwd"));
}

TEST(Url, Loopback_IsKnown) {
  EXPECT_TRUE(parse_url("http://127.0.0.1:5/")->is_loopback());
  EXPECT_TRUE(parse_url("http://localhost/")->is_loopback());
  EXPECT_TRUE(parse_url("http://[::1]/")->is_loopback());
  EXPECT_FALSE(parse_url("http://127.0.0.1.example.org/")->is_loopback());
}

}  // namespace
}  // namespace molbridge::fetch
