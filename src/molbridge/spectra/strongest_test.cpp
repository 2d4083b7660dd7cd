#include "molbridge/spectra/strongest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace molbridge::spectra {
namespace {

using testing::ElementsAre;

TEST(Strongest, AreKeptInAscendingMz) {
  std::vector<Peak> peaks{{50, 3}, {60, 9}, {70, 1}, {80, 5}};
  keep_strongest(peaks, 3);
  EXPECT_THAT(peaks, ElementsAre(Peak{50, 3}, Peak{60, 9}, Peak{80, 5}));
  keep_strongest(peaks, 1);
  EXPECT_THAT(peaks, ElementsAre(Peak{60, 9}));
}

TEST(Strongest, OfEqualOnes_ThoseOfLowerMz) {
  std::vector<Peak> peaks{{50, 2}, {60, 2}, {70, 2}, {80, 4}};
  keep_strongest(peaks, 2);
  EXPECT_THAT(peaks, ElementsAre(Peak{50, 2}, Peak{80, 4}));
}

TEST(Strongest, FewerThanWanted_StayAsTheyAre) {
  std::vector<Peak> peaks{{50, 2}, {60, 1}};
  keep_strongest(peaks, 2);
  EXPECT_EQ(peaks.size(), 2U);
  keep_strongest(peaks, 0);
  EXPECT_TRUE(peaks.empty());
}

}  // namespace
}  // namespace molbridge::spectra
