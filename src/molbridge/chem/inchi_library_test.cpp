#include "molbridge/chem/inchi_library.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace molbridge::chem {
namespace {

TEST(InchiPool, Copies_AreDistinctAndNoMoreThanAsked) {
  InchiPool pool(5);
  std::vector<InchiFunctions> taken;
  std::set<decltype(InchiFunctions::get_inchi)> distinct;
  while (auto functions = pool.try_take()) {
    taken.push_back(*functions);
    distinct.insert(functions->get_inchi);
  }
  EXPECT_GE(taken.size(), 1U);  // one, where the system lets no copies be loaded
  EXPECT_LE(taken.size(), 5U);
  EXPECT_EQ(distinct.size(), taken.size());
  for (const auto& functions : taken) pool.give(functions);
  EXPECT_TRUE(pool.try_take());
}

TEST(InchiPool, OneCopy_IsLentToOneAtATime) {
  InchiPool pool(1);
  const auto functions = pool.take();
  EXPECT_FALSE(pool.try_take());
  std::thread waiter([&] { pool.give(pool.take()); });
  pool.give(functions);
  waiter.join();
  EXPECT_TRUE(pool.try_take());
}

}  // namespace
}  // namespace molbridge::chem
