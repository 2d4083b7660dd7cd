#include "molbridge/corpus/sentences.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace molbridge::corpus {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SplitSentences, EndAtMarksBeforeCapitalsDigitsAndMaskedNames) {
  EXPECT_THAT(split_sentences("Inhibits PDE5.  Target: PDE5A! 5-HT is spared. [drug] is oral. "),
              ElementsAre("Inhibits PDE5.", "Target: PDE5A!", "5-HT is spared.", "[drug] is oral."));
}

TEST(SplitSentences, StayWholeAtAbbreviationsNumbersAndInitials) {
  EXPECT_THAT(split_sentences("An agonist, e.g. of E. coli and S. Aureus, at 2.5 mg i.v. daily"),
              ElementsAre("An agonist, e.g. of E. coli and S. Aureus, at 2.5 mg i.v. daily"));
  EXPECT_THAT(split_sentences("one.Two. three"), ElementsAre("one.Two. three"));
}

TEST(SplitSentences, NothingInNothing) {
  EXPECT_THAT(split_sentences(" \n "), IsEmpty());
  EXPECT_THAT(split_sentences("."), ElementsAre("."));
}

}  // namespace
}  // namespace molbridge::corpus
