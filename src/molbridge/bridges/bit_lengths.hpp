#pragma once
// |W x + b| for rows x of packed bits: sums of those columns of W whose bits are on, without a product. For lengths of a whole bank of
// fingerprints (some 45 of 2048 bits on, 256 outputs: 12 thousand additions a row).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "molbridge/bridges/linear_side.hpp"

namespace molbridge::bridges {

/// Order of summation, the same on every processor: each output is b plus the columns by ascending bit, in float32; squares are summed in
/// float64, 16 lanes in blocks of 128 outputs. Threads: const use is safe.
class BitLengths {
 public:
  /// Requires inputs that are a multiple of 8.
  explicit BitLengths(const LinearSide& side);
  /// Squared lengths. Shapes: rows are `count` pointers to inputs/8 bytes each; out [count].
  void squared(const std::byte* const* rows, std::size_t count, double* out) const;

 private:
  std::uint64_t inputs_;
  std::size_t blocks_;
  std::vector<float>
      columns_;  ///< [blocks, inputs + 1, 128]: the last column of each block is b; zeros behind the last output
};

}  // namespace molbridge::bridges
