#include "molbridge/corpus/name_mask.hpp"

#include <gtest/gtest.h>

namespace molbridge::corpus {
namespace {

std::string masked(std::vector<std::string> names, std::string_view text) { return NameMasker(names).mask(text).text; }

TEST(NameMask, Names_AreFoundWithoutRegardToCaseOnWordBoundaries) {
  EXPECT_EQ(masked({"Penicillin"}, "Bacterial penicillin-binding protein"), "Bacterial [drug]-binding protein");
  EXPECT_EQ(masked({"oxytocin"}, "OXYTOCIN receptor; oxytocic"), "[drug] receptor; oxytocic");
  EXPECT_EQ(masked({"retin"}, "tretinoin, retinal, retin"), "tretinoin, retinal, [drug]");
}

TEST(NameMask, LongestName_GoesFirst) {
  EXPECT_EQ(masked({"insulin", "insulin glargine"}, "insulin glargine is an insulin"), "[drug] is an [drug]");
}

TEST(NameMask, Salts_AreStripped) {
  EXPECT_EQ(with_salt_stripped("Imatinib mesylate"), (std::vector<std::string>{"Imatinib mesylate", "Imatinib"}));
  EXPECT_EQ(masked({"imatinib mesylate"}, "imatinib resistance"), "[drug] resistance");
  EXPECT_EQ(masked({"sodium valproate"}, "valproate"), "[drug]");
  EXPECT_EQ(masked({"lithium chloride"}, "lithium"), "[drug]") << "one word must stay";
}

TEST(NameMask, ResearchCodes_AreFoundHoweverTheyAreJoined) {
  for (const std::string name : {"STI-571", "STI571", "sti 571"}) {
    EXPECT_EQ(masked({name}, "STI-571, STI571 and STI 571, not STI-5710 or XSTI571"),
              "[drug], [drug] and [drug], not STI-5710 or XSTI571")
        << name;
  }
}

TEST(NameMask, HyphenAndSpace_AreTheSame) {
  EXPECT_EQ(masked({"acetylsalicylic acid"}, "acetylsalicylic-acid, acetylsalicylicacid"),
            "[drug], acetylsalicylicacid");
}

TEST(NameMask, ShortNames_CountOnlyInCapitals) {
  EXPECT_EQ(masked({"ATP"}, "ATP synthase, atp, ATPase"), "[drug] synthase, atp, ATPase");
  EXPECT_EQ(masked({"gly"}, "GLY Gly gly"), "[drug] Gly gly");
}

TEST(NameMask, OneLetterAndNumbers_AreNoNames) { EXPECT_EQ(masked({"T", "571", "", " - "}, "T 571 - x"), "T 571 - x"); }

TEST(NameMask, Find_GivesWhatTheTextHas) {
  const NameMasker masker(std::vector<std::string>{"Aspirin"});
  EXPECT_EQ(masker.find("low-dose ASPIRIN."), "ASPIRIN");
  EXPECT_FALSE(masker.find(masker.mask("low-dose ASPIRIN.").text).has_value());
  EXPECT_EQ(masker.mask("aspirin, aspirin").replaced, 2u);
}

TEST(NameMask, MultiByteLetters_AreLetters) {
  EXPECT_EQ(masked({"alpha"}, "alpha\xc3\xa9 alpha"), "alpha\xc3\xa9 [drug]");
}

}  // namespace
}  // namespace molbridge::corpus
