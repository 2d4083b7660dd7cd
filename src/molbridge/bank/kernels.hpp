#pragma once
// The inner loops of scoring: cosine of one query with rows of a matrix as they lie in the file. Private to the bank.
//
// Order of summation, the same on every processor: component i goes to lane i % 16, each lane sums in ascending i in
// float64, and the lanes are added as a fixed tree. A score depends on the query and the row alone. Threads: const use
// is safe.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::bank {

/// A query made ready: float64, with its norm. Requires dtype and width of the matrix.
class Scorer {
 public:
  /// `portable` takes the plain loops even where the processor has better ones (for tests).
  Scorer(Dtype dtype, std::span<const float> query, bool portable = false);

  /// Shapes: row points to row_bytes(dtype, D) bytes, aligned to nothing.
  float cosine(const std::byte* row) const;
  float dot(const std::byte* row) const;
  float score(Similarity similarity, const std::byte* row) const {
    return similarity == Similarity::kDot ? dot(row) : cosine(row);
  }

  /// Sum of products with the query, and of squares of the row.
  struct Sums {
    double dot = 0;
    double squares = 0;
  };

 private:
  using RowSums = Sums (*)(const std::byte* row, const double* query, std::size_t width);
  std::vector<double> query_;
  double norm_ = 0;
  RowSums row_sums_;
};

/// Bytes of one stored row.
std::uint64_t row_bytes(Dtype dtype, std::uint64_t width);

}  // namespace molbridge::bank
