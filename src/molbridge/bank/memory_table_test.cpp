#include "molbridge/bank/memory_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "molbridge/core/error.hpp"

namespace molbridge::bank {
namespace {

using testing::ElementsAre;

TEST(MemoryTableTest, Rows_AreGivenAndScored) {
  const MemoryTable table({3, 4, 0, 0, 0, 2}, 2);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.width(), 2U);
  std::vector<float> row(2);
  table.embedding(2, row);
  EXPECT_THAT(row, ElementsAre(0, 2));
  const std::vector<std::uint64_t> rows = {2, 0, 1};
  const std::vector<float> query = {0, 5};
  std::vector<float> scores(3);
  table.score(query, rows, scores);
  EXPECT_THAT(scores, ElementsAre(1.0F, 0.8F, 0.0F)) << "a row of zeros has cosine 0";
  table.score(Similarity::kDot, query, rows, scores);
  EXPECT_THAT(scores, ElementsAre(10.0F, 20.0F, 0.0F));
}

TEST(MemoryTableTest, RowsAndWidthsThatAreNotThere_AreDefects) {
  EXPECT_THROW(MemoryTable({1, 2, 3}, 2), Error);
  EXPECT_THROW(MemoryTable({}, 0), Error);
  const MemoryTable table({1, 2}, 2);
  std::vector<float> row(2);
  EXPECT_THROW(table.embedding(1, row), Error);
}

}  // namespace
}  // namespace molbridge::bank
