#pragma once
// Small dense systems of linear equations. Private to eval.

#include <vector>

namespace molbridge::eval {

/// Solves A x = b for a symmetric positive definite A, row by row [n, n], by Cholesky; a pivot that is not positive is taken as a tiny one.
std::vector<double> solve_symmetric(std::vector<double> a, std::vector<double> b);

}  // namespace molbridge::eval
