// Unicode, vocabulary, character maps and the splitter of the Python tokenizers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/precompiled.hpp"
#include "molbridge/encoders/tokenizers/slow_split.hpp"
#include "molbridge/encoders/tokenizers/unicode.hpp"
#include "molbridge/encoders/tokenizers/vocabulary.hpp"

namespace molbridge::encoders {
namespace {

using testing::ElementsAre;

TEST(Unicode, Forms_ComposeAndDecompose) {
  EXPECT_EQ(to_form("e\xCC\x81", Form::kNfc), "\xC3\xA9");
  EXPECT_EQ(to_form("\xC3\xA9", Form::kNfd), "e\xCC\x81");
  EXPECT_EQ(to_form("\xEF\xAC\x81", Form::kNfkc), "fi");
  EXPECT_EQ(to_form("\xEF\xAC\x81", Form::kNfc), "\xEF\xAC\x81");
  EXPECT_EQ(to_form(std::string("a\0\xC3\xA9", 4), Form::kNfd), std::string("a\0e\xCC\x81", 5));
}

TEST(Unicode, CodePointsThatTheOriginalDoesNotKnow_StayAsTheyAre) {
  EXPECT_EQ(to_form("\xE3\x8B\xBF", Form::kNfkd), "\xE3\x8B\xBF");  // U+32FF of Unicode 12.1
  EXPECT_EQ(to_form("\xE3\x8B\xBE", Form::kNfkd), "\xE3\x83\xB2");  // U+32FE
}

TEST(Unicode, LowerCase_DottedI_BecomesTwo) { EXPECT_EQ(to_lower_unicode("\xC4\xB0X\xC3\x84"), "i\xCC\x87x\xC3\xA4"); }

TEST(Unicode, GraphemeEnds_CombiningMarksStayWithTheirLetter) {
  std::vector<std::size_t> ends;
  grapheme_ends("ae\xCC\x81z\r\n", ends);
  EXPECT_THAT(ends, ElementsAre(1, 4, 5, 7));
  grapheme_ends("", ends);
  EXPECT_TRUE(ends.empty());
}

TEST(Unicode, InvalidBytes_NeverLeaveTheText) {
  for (const std::string text : {"\xC3", "a\xF0\x9F", "\xFF\xFF", "\x80\x80", "\xE2\x82"}) {
    std::size_t at = 0;
    while (at < text.size()) next_char(text, at);
    EXPECT_EQ(at, text.size());
    EXPECT_LT(last_char(text), text.size());
  }
}

TEST(Vocabulary, ManyTokens_FoundById) {
  Vocabulary vocabulary;
  for (int i = 0; i < 5000; ++i) vocabulary.add("token" + std::to_string(i), i * 2);
  EXPECT_EQ(vocabulary.size(), 5000);
  EXPECT_EQ(vocabulary.highest_id(), 9998);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(vocabulary.find("token" + std::to_string(i)), i * 2);
  EXPECT_EQ(vocabulary.find("token5000"), -1);
  EXPECT_EQ(vocabulary.token_of(10), "token5");
  EXPECT_EQ(vocabulary.token_of(11), "");
  EXPECT_EQ(vocabulary.token_of(-1), "");
}

TEST(Vocabulary, TokenTwice_LaterIdHolds_IdsBeyondReason_Refused) {
  Vocabulary vocabulary;
  vocabulary.add("a", 1);
  vocabulary.add("a", 7);
  EXPECT_EQ(vocabulary.find("a"), 7);
  EXPECT_EQ(vocabulary.size(), 1);
  EXPECT_THROW(vocabulary.add("b", -1), Error);
  EXPECT_THROW(vocabulary.add("b", std::int64_t{1} << 40), Error);
}

TEST(Base64, TextsOfRfc4648_Decoded) {
  EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(decode_base64(""), "");
  for (const char* wrong : {"Zg=", "Z===", "Zg=a", "Zm9v!mE=", "Zm9"})
    EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
}

std::string unit(std::uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFF);
  return out;
}

TEST(PrecompiledMap, RandomTries_NeverLeaveTheirBounds) {
  std::uint32_t state = 3;
  for (int round = 0; round < 2000; ++round) {
    std::string trie;
    for (int i = 0; i < 64; ++i) {
      state = state * 1664525 + 1013904223;
      trie += unit((state & 0x3F) << 10 | (state >> 20 & 0x1FF) | (state >> 3 & 0x61));
    }
    const PrecompiledMap map(unit(256) + trie + std::string("x\0yz\0", 5));
    EXPECT_LE(map.apply("abc\xC3\xA9 e\xCC\x81").size(), 100U);
  }
}

TEST(PrecompiledMap, CutShort_Refused) {
  for (const std::string& bytes :
       {std::string(), std::string("\x01"), unit(8) + "abcd", unit(0xFFFFFFFF), unit(0) + "\xFF"}) {
    EXPECT_THROW(PrecompiledMap{bytes}, Error) << bytes.size();
  }
  EXPECT_EQ(PrecompiledMap(unit(0)).apply("as it is"), "as it is");
}

std::vector<std::string> parts(const SlowSplitter& splitter, std::string_view text) {
  std::vector<std::string> out;
  for (const auto& part : splitter.split(text)) out.push_back((part.added ? "+" : "") + std::string(part.text));
  return out;
}

TEST(SlowSplitter, LongestTokenWins_SpacesGoWithTokensThatTakeThem) {
  AddedToken mask;
  mask.content = "<mask>";
  mask.lstrip = true;
  AddedToken shorter;
  shorter.content = "id_1";
  AddedToken longer;
  longer.content = "id_100";
  longer.rstrip = true;
  const SlowSplitter splitter({mask, shorter, longer}, {});
  EXPECT_THAT(parts(splitter, "a id_100 b id_1x  <mask>"), ElementsAre("a ", "+id_100", "b ", "+id_1", "x", "+<mask>"));
  EXPECT_THAT(parts(splitter, ""), ElementsAre());
  EXPECT_THAT(parts(splitter, "id_10"), ElementsAre("+id_1", "0"));
}

TEST(PythonSplit, UnitSeparatorIsASpace) {
  EXPECT_THAT(python_split(" a\x1C"
                           "b\xC2\xA0"
                           "c "),
              ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace molbridge::encoders
