#include "molbridge/chem/assignment.hpp"

#include <limits>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge::chem {

double AssignmentSolver::solve(int rows, int columns, std::span<const double> cost) {
  const auto n = static_cast<std::size_t>(rows);
  const auto m = static_cast<std::size_t>(columns);
  MOLBRIDGE_CHECK(n <= m && cost.size() == n * m, std::to_string(n) + " x " + std::to_string(m));
  row_dual_.assign(n, 0);
  column_dual_.assign(m, 0);
  column_of_row_.assign(n, -1);
  row_of_column_.assign(m, -1);
  distance_.resize(m);
  previous_.resize(m);
  reached_.resize(m);
  for (int row = 0; row < rows; ++row) insert(row, columns, cost);
  double total = 0;
  for (std::size_t r = 0; r < n; ++r) total += cost[r * m + static_cast<std::size_t>(column_of_row_[r])];
  return total;
}

void AssignmentSolver::insert(int new_row, int columns, std::span<const double> cost) {
  const auto m = static_cast<std::size_t>(columns);
  std::fill(distance_.begin(), distance_.end(), std::numeric_limits<double>::infinity());
  std::fill(reached_.begin(), reached_.end(), 0);
  order_.clear();
  int row = new_row;
  int from = -1;
  double length = 0;
  std::size_t end = 0;
  while (row >= 0) {  // Dijkstra over columns with reduced costs
    const double* costs = cost.data() + static_cast<std::size_t>(row) * m;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < m; ++c) {
      if (reached_[c]) continue;
      const double reduced = length + costs[c] - row_dual_[static_cast<std::size_t>(row)] - column_dual_[c];
      if (reduced < distance_[c]) {
        distance_[c] = reduced;
        previous_[c] = from;
      }
      if (distance_[c] < least) {
        least = distance_[c];
        end = c;
      }
    }
    reached_[end] = 1;
    order_.push_back(static_cast<int>(end));
    length = least;
    from = static_cast<int>(end);
    row = row_of_column_[end];
  }
  row_dual_[static_cast<std::size_t>(new_row)] += length;
  for (const int column : order_) {
    const auto c = static_cast<std::size_t>(column);
    if (row_of_column_[c] >= 0) row_dual_[static_cast<std::size_t>(row_of_column_[c])] += length - distance_[c];
    column_dual_[c] -= length - distance_[c];
  }
  for (int column = static_cast<int>(end); column >= 0;) {  // shift the rows along the path
    const int before = previous_[static_cast<std::size_t>(column)];
    const int moved = before < 0 ? new_row : row_of_column_[static_cast<std::size_t>(before)];
    row_of_column_[static_cast<std::size_t>(column)] = moved;
    column_of_row_[static_cast<std::size_t>(moved)] = column;
    column = before;
  }
}

}  // namespace molbridge::chem
