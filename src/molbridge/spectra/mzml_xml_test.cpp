#include "molbridge/spectra/mzml_xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace molbridge::spectra {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Recorder : public XmlHandler {
 public:
  std::vector<std::string> events;
  bool fail = false;

  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (fail) throw std::runtime_error("handler");
    events.push_back("<" + std::string(name) + " a=" + attributes.get("a"));
  }
  void end_element(std::string_view name) override { events.push_back(">" + std::string(name)); }
  void text(std::string_view piece) override { events.push_back(std::string(piece)); }
  bool wants_text() const override { return true; }
};

std::optional<XmlBreak> parse(std::string_view document, Recorder& recorder) {
  XmlParser parser(recorder);
  if (auto broken = parser.feed(document)) return broken;
  return parser.finish();
}

TEST(XmlParser, WellFormed_EventsWithoutPrefixes) {
  Recorder recorder;
  EXPECT_FALSE(parse("<x:r xmlns:x='u' a='1 &lt; 2'>t<b/></x:r>", recorder));
  EXPECT_THAT(recorder.events, ElementsAre("<r a=1 < 2", "t", "<b a=", ">b", ">r"));
}

TEST(XmlParser, BytesThatAreNotUtf8_ReadWhateverTheDeclarationSays) {
  Recorder recorder;
  EXPECT_FALSE(parse("<?xml version='1.0' encoding='utf-8'?><r a='\xB5g'/>", recorder));
  EXPECT_FALSE(parse("<?xml version='1.0' encoding='utf-8'?><r a='\xC2\xB5g \xE2\x82\xAC'/>", recorder));
  EXPECT_FALSE(parse("<?xml version='1.0' encoding='windows-1252'?><r a='\xB5g'/>", recorder));
  EXPECT_THAT(recorder.events,
              ElementsAre("<r a=\xC2\xB5g", ">r", "<r a=\xC2\xB5g \xE2\x82\xAC", ">r", "<r a=\xC2\xB5g", ">r"));
}

TEST(XmlParser, EntityBomb_RefusedAtItsDeclaration) {
  Recorder recorder;
  const auto broken = parse("<!DOCTYPE r [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><r a='&b;'/>", recorder);
  ASSERT_TRUE(broken);
  EXPECT_THAT(broken->what, HasSubstr("document type"));
  EXPECT_TRUE(recorder.events.empty());
}

TEST(XmlParser, Broken_SaysLineAndOffset) {
  Recorder recorder;
  const auto broken = parse("<r>\n<b>\n</c></r>", recorder);
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->line, 3u);
  EXPECT_EQ(broken->offset, 10u);
  EXPECT_THAT(broken->what, HasSubstr("mismatched tag"));
}

TEST(XmlParser, EndsEarly_SaysSo) {
  Recorder recorder;
  const auto broken = parse("<r><b>", recorder);
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->what, "it ends too early");
}

TEST(XmlParser, NestedTooDeep_Stops) {
  Recorder recorder;
  std::string document;
  for (int i = 0; i < 100'000; ++i) document += "<d>";
  const auto broken = parse(document, recorder);
  ASSERT_TRUE(broken);
  EXPECT_THAT(broken->what, HasSubstr("nested"));
  EXPECT_EQ(recorder.events.size(), static_cast<std::size_t>(XmlParser::kMaxDepth));
}

TEST(XmlParser, EndlessTag_StopsSoonAfterTheLimit) {
  Recorder recorder;
  XmlParser parser(recorder);
  const std::string chunk(65536, 'x');
  auto broken = parser.feed("<r a='");
  int num_chunks = 0;
  for (; !broken && num_chunks < 1000; ++num_chunks) broken = parser.feed(chunk);
  ASSERT_TRUE(broken);
  EXPECT_THAT(broken->what, HasSubstr("tag"));
  // 1 MiB is 16 chunks. Since its security update of 2024, Expat looks at an unfinished tag again only when twice as much is there.
  EXPECT_LE(num_chunks, 34);
}

TEST(XmlParser, HandlerThrows_LeavesFeed) {
  Recorder recorder;
  recorder.fail = true;
  XmlParser parser(recorder);
  EXPECT_THROW((void)parser.feed("<r/>"), std::runtime_error);
}

}  // namespace
}  // namespace molbridge::spectra
