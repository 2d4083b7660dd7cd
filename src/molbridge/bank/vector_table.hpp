#pragma once
// Rows of one width that a query vector can be scored against: what every ranking works on. A bank of molecules on disk is one
// (bank/bank.hpp), texts or nodes of a graph in memory are another (bank/memory_table.hpp). Threads: const use is safe from several threads.

#include <cstdint>
#include <span>
#include <string_view>

namespace molbridge::bank {

/// Rows [begin, end).
struct RowRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - begin; }
};

/// What a score is. Cosine everywhere but where a model ranks by the raw product.
enum class Similarity { kCosine, kDot };
std::string_view name(Similarity similarity);

class VectorTable {
 public:
  virtual ~VectorTable() = default;

  virtual std::uint64_t size() const = 0;   ///< N
  virtual std::uint64_t width() const = 0;  ///< D

  /// Row as D floats, unpacked. Requires out.size() == D.
  virtual void embedding(std::uint64_t row, std::span<float> out) const = 0;
  /// Cosine of `query` [D] with each row; a zero row or query scores 0. Accumulated in a fixed order in float64, so a
  /// score does not depend on which other rows are asked for. Requires scores.size() == rows.size().
  void score(std::span<const float> query, std::span<const std::uint64_t> rows, std::span<float> scores) const {
    score(Similarity::kCosine, query, rows, scores);
  }
  /// The same by another similarity.
  virtual void score(Similarity similarity, std::span<const float> query, std::span<const std::uint64_t> rows,
                     std::span<float> scores) const = 0;
};

}  // namespace molbridge::bank
