#include "molbridge/chem/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "molbridge/core/rng.hpp"

namespace molbridge::chem {
namespace {

/// Over all ordered choices of columns.
double cheapest_by_trial(int rows, int columns, const std::vector<double>& cost) {
  std::vector<int> order(static_cast<std::size_t>(columns));
  std::iota(order.begin(), order.end(), 0);
  double best = std::numeric_limits<double>::infinity();
  do {
    double total = 0;
    for (int r = 0; r < rows; ++r)
      total += cost[static_cast<std::size_t>(r * columns + order[static_cast<std::size_t>(r)])];
    best = std::min(best, total);
  } while (std::ranges::next_permutation(order).found);
  return best;
}

TEST(AssignmentSolver, RandomCosts_AsCheapAsTheBestPermutation_AndDualsProveIt) {
  Rng rng(7);
  AssignmentSolver solver;
  for (int trial = 0; trial < 300; ++trial) {
    const int columns = 1 + static_cast<int>(rng.below(6));
    const int rows = 1 + static_cast<int>(rng.below(static_cast<std::uint64_t>(columns)));
    std::vector<double> cost(static_cast<std::size_t>(rows * columns));
    for (double& value : cost) value = static_cast<double>(rng.below(9)) - 4;  // ties and negative costs
    const double total = solver.solve(rows, columns, cost);
    EXPECT_DOUBLE_EQ(total, cheapest_by_trial(rows, columns, cost));
    double dual = 0;
    for (int r = 0; r < rows; ++r) dual += solver.row_dual(r);
    for (int c = 0; c < columns; ++c) dual += solver.column_dual(c);
    EXPECT_NEAR(dual, total, 1e-9);
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        EXPECT_GE(cost[static_cast<std::size_t>(r * columns + c)] - solver.row_dual(r) - solver.column_dual(c), -1e-9);
      }
    }
    for (int c = 0; c < columns; ++c) EXPECT_LE(solver.column_dual(c), 1e-9);
  }
}

TEST(AssignmentSolver, RowsWithoutColumns_NoCost) {
  AssignmentSolver solver;
  EXPECT_EQ(solver.solve(0, 3, {}), 0);
}

}  // namespace
}  // namespace molbridge::chem
