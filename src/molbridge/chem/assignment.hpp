#pragma once
// Private to chem: the cheapest assignment of rows to columns, with the dual values that prove it.

#include <span>
#include <vector>

namespace molbridge::chem {

/// Hungarian algorithm by shortest augmenting paths. Keeps its workspace, so one object serves many calls. Not thread-safe.
class AssignmentSolver {
 public:
  /// Every row gets a column of its own. Shapes: cost [rows, columns], row-major, finite. Requires rows <= columns. Gives the total
  /// cost. Cost: O(rows^2 * columns), no allocation once the workspace is large enough.
  double solve(int rows, int columns, std::span<const double> cost);

  /// Of the last call; valid until the next. cost(r, c) >= row_dual(r) + column_dual(c), equal where c is the column of r; column
  /// duals are at most 0, and 0 for a column without a row.
  int column_of_row(int row) const { return column_of_row_[static_cast<std::size_t>(row)]; }
  double row_dual(int row) const { return row_dual_[static_cast<std::size_t>(row)]; }
  double column_dual(int column) const { return column_dual_[static_cast<std::size_t>(column)]; }

 private:
  void insert(int row, int columns, std::span<const double> cost);

  std::vector<double> row_dual_;
  std::vector<double> column_dual_;
  std::vector<int> column_of_row_;
  std::vector<int> row_of_column_;
  std::vector<double> distance_;  // of the row being inserted to each column
  std::vector<int> previous_;     // column before this one on the path, -1 for the first
  std::vector<char> reached_;
  std::vector<int> order_;  // columns in the order in which they were reached
};

}  // namespace molbridge::chem
