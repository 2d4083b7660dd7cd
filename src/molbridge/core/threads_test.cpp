#include "molbridge/core/threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

namespace molbridge {
namespace {

struct Case {
  std::size_t count, threads, chunk;
};

TEST(ParallelForTest, EveryIndex_IsVisitedExactlyOnce) {
  for (const Case& c :
       {Case{0, 4, 3}, Case{1, 4, 3}, Case{10, 1, 3}, Case{1000, 4, 7}, Case{1000, 8, 5000}, Case{17, 0, 0}}) {
    std::vector<std::atomic<int>> visits(c.count);
    parallel_for(c.count, c.threads, c.chunk, [&](std::size_t begin, std::size_t end) {
      ASSERT_LE(end, c.count);
      ASSERT_LE(end - begin, std::max<std::size_t>(1, c.chunk));
      for (std::size_t i = begin; i < end; ++i) ++visits[i];
    });
    for (const auto& visit : visits) EXPECT_EQ(visit, 1);
  }
}

TEST(ParallelForTest, Exception_OfAWorker_ReachesTheCaller) {
  for (const std::size_t threads : {1u, 4u}) {
    try {
      parallel_for(1000, threads, 1, [](std::size_t begin, std::size_t) {
        if (begin == 500) throw std::runtime_error("row 500");
      });
      FAIL() << "did not throw";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "row 500");
    }
  }
}

TEST(ParallelForTest, Exception_InEveryChunk_IsThrownOnce) {
  EXPECT_THROW(parallel_for(100, 4, 1, [](std::size_t, std::size_t) { throw std::runtime_error("x"); }),
               std::runtime_error);
}

TEST(ParallelForTest, Exception_StopsTheHandingOutOfChunks) {
  std::atomic<std::size_t> visited{0};
  EXPECT_THROW(parallel_for(1'000'000, 2, 1,
                            [&](std::size_t begin, std::size_t) {
                              ++visited;
                              if (begin == 0) throw std::runtime_error("x");
                            }),
               std::runtime_error);
  EXPECT_LT(visited, 1'000'000u);
}

TEST(ResolveThreadsTest, Zero_IsAtLeastOne) {
  EXPECT_GE(resolve_threads(0), 1u);
  EXPECT_EQ(resolve_threads(3), 3u);
}

}  // namespace
}  // namespace molbridge
