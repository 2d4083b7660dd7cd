#include <gtest/gtest.h>

#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::train {
namespace {

TEST(FormulaFolds, EveryFormula_IsInOneFold) {
  std::vector<int> count(3, 0);
  for (int carbons = 1; carbons <= 1000; ++carbons) {
    const std::int64_t fold = fold_of_formula("C" + std::to_string(carbons) + "H8", 3);
    ASSERT_GE(fold, 0);
    ASSERT_LT(fold, 3);
    ++count[static_cast<std::size_t>(fold)];
  }
  for (const int molecules : count) EXPECT_NEAR(molecules, 333, 60);
}

TEST(FormulaFolds, Folds_StayWhatTheyWere) {
  // Models are kept with the number of their fold: another hash would make their scores no longer those of unseen formulas.
  EXPECT_EQ(fold_of_formula("C9H8O4", 3), 2);
  EXPECT_EQ(fold_of_formula("C8H10N4O2", 3), 2);
  EXPECT_EQ(fold_of_formula("C8H10N4O2", 5), 3);
  EXPECT_EQ(fold_of_formula("C8H10N4O2", 1), 0);
  EXPECT_THROW(fold_of_formula("C8H10N4O2", 0), Error);
}

}  // namespace
}  // namespace molbridge::train
