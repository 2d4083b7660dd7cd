#pragma once
// Vectors in memory as a table: texts, nodes of a type, whatever is no bank of molecules.

#include <vector>

#include "molbridge/bank/vector_table.hpp"

namespace molbridge::bank {

/// Scores have the same bits as those of a float32 bank with the same rows.
class MemoryTable final : public VectorTable {
 public:
  /// Shapes: rows [N * width], row-major. Requires a width of 1 or more that divides rows.size().
  MemoryTable(std::vector<float> rows, std::uint64_t width);

  std::uint64_t size() const override { return rows_.size() / width_; }
  std::uint64_t width() const override { return width_; }
  void embedding(std::uint64_t row, std::span<float> out) const override;
  using VectorTable::score;
  void score(Similarity similarity, std::span<const float> query, std::span<const std::uint64_t> rows,
             std::span<float> scores) const override;

 private:
  const float* row_at(std::uint64_t row) const;
  std::vector<float> rows_;
  std::uint64_t width_;
};

}  // namespace molbridge::bank
