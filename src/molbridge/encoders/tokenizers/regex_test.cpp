#include "molbridge/encoders/tokenizers/regex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"
#include "molbridge/encoders/tokenizers/smiles_regex.hpp"

namespace molbridge::encoders {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> found(const Regex& regex, std::string_view text) {
  std::vector<Match> matches;
  regex.find_all(text, matches);
  std::vector<std::string> out;
  for (const auto& match : matches) {
    if (match.hit) out.emplace_back(text.substr(match.begin, match.end - match.begin));
  }
  return out;
}

TEST(Regex, RubySpellings_Translated_MeanWhatTheyMeanInRuby) {
  EXPECT_THAT(found(Regex(R"(\h+)"), "xaf09g"), ElementsAre("af09"));
  EXPECT_THAT(found(Regex("a{,2}b"), "aaab"), ElementsAre("aab"));
  EXPECT_THAT(found(Regex("(?m:a.b)"), "a\nb"), ElementsAre("a\nb"));
  EXPECT_THAT(found(Regex("^b"), "a\nb"), ElementsAre("b"));
  EXPECT_THAT(found(Regex("^b", RegexSyntax::kRust), "a\nb"), ElementsAre());
  EXPECT_THAT(found(Regex(R"(\s)"), "a\xE1\xA0\x8E"), ElementsAre());  // U+180E is no space
  EXPECT_THAT(found(Regex("[]a]"), "]"), ElementsAre("]"));
  EXPECT_THAT(found(Regex(R"(\p{Letter}\p{^Number})"), "1ab"), ElementsAre("ab"));
  EXPECT_THAT(found(Regex(R"(\p{Han})"), "\xE3\x88\xB1\xE6\x97\xA5"),
              ElementsAre("\xE6\x97\xA5"));  // U+3231 is not of the script itself
}

TEST(Regex, FindAll_EmptyMatches_NoneDirectlyBehindAMatch) {
  std::vector<Match> matches;
  Regex("x*").find_all("axb", matches);
  std::vector<std::pair<std::size_t, std::size_t>> hits;
  for (const auto& match : matches) {
    if (match.hit) hits.emplace_back(match.begin, match.end);
  }
  EXPECT_THAT(hits, ElementsAre(std::pair(0, 0), std::pair(1, 2), std::pair(3, 3)));
}

TEST(Regex, PatternsWithoutCounterpart_Refused) {
  for (const char* pattern : {"[a&&b]", "[a[bc]]", R"([\W])", "[abc", "(", "a\\", "\\C", "a**b(?<"}) {
    EXPECT_THROW(Regex{pattern}, Error) << pattern;
  }
  try {
    Regex("[a&&b]");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_THAT(error.what(), HasSubstr("intersection"));
  }
}

TEST(Regex, CatastrophicPattern_EndsInAnError) {
  const Regex regex("(?:a|aa)+[^a]");
  const std::string text(3000, 'a');
  std::vector<Match> matches;
  EXPECT_THROW(regex.find_all(text, matches), Error);
}

TEST(Regex, EscapedText_MatchesItself) {
  const std::string text = R"(a.*[b]{2}(c)^$|?+\-&#~)";
  EXPECT_THAT(found(Regex(escape_regex(text)), "x" + text + "y"), ElementsAre(text));
}

// The matcher by hand against the regular expression that it stands for.
TEST(SmilesRegex, RandomTexts_TokensOfTheExpression) {
  const std::string rest = R"(|\*|\$|\%[0-9]{2}|[0-9])";
  const std::string head = R"(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|)";
  const Regex with_arrow(head + ">>?" + rest, RegexSyntax::kRust);
  const Regex without(head + ">" + rest, RegexSyntax::kRust);
  constexpr std::string_view kLetters = "CcNnOo[]()Brl=#%123+-@H>>\\/.:~?*$ xZ\xC3\xA9\n";
  std::uint32_t state = 1;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 1664525 + 1013904223;
      const auto c = kLetters[(state >> 8) % kLetters.size()];
      text += c == '\xC3' || c == '\xA9' ? std::string("\xC3\xA9") : std::string(1, c);
    }
    for (const auto arrow : {ReactionArrow::kDouble, ReactionArrow::kSingle}) {
      std::vector<std::string> tokens;
      for (std::size_t at = 0; at < text.size();) {
        const auto size = smiles_token(text, at, arrow);
        if (size > 0) tokens.push_back(text.substr(at, size));
        at += size > 0 ? size : 1;
      }
      EXPECT_EQ(tokens, found(arrow == ReactionArrow::kDouble ? with_arrow : without, text)) << text;
    }
  }
}

}  // namespace
}  // namespace molbridge::encoders
