#include "molbridge/bank/memory_table.hpp"

#include <algorithm>
#include <string>

#include "molbridge/bank/kernels.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::bank {

MemoryTable::MemoryTable(std::vector<float> rows, std::uint64_t width) : rows_(std::move(rows)), width_(width) {
  MOLBRIDGE_CHECK(width > 0 && rows_.size() % width == 0,
                  std::to_string(rows_.size()) + " floats of width " + std::to_string(width));
}

void MemoryTable::embedding(std::uint64_t row, std::span<float> out) const {
  MOLBRIDGE_CHECK(out.size() == width_, std::to_string(out.size()));
  std::copy_n(row_at(row), width_, out.begin());
}

void MemoryTable::score(Similarity similarity, std::span<const float> query, std::span<const std::uint64_t> rows,
                        std::span<float> scores) const {
  MOLBRIDGE_CHECK(
      query.size() == width_ && rows.size() == scores.size(),
      std::to_string(query.size()) + ", " + std::to_string(rows.size()) + ", " + std::to_string(scores.size()));
  const Scorer scorer(Dtype::kFloat32, query);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    scores[i] = scorer.score(similarity, reinterpret_cast<const std::byte*>(row_at(rows[i])));
  }
}

const float* MemoryTable::row_at(std::uint64_t row) const {
  MOLBRIDGE_CHECK(row < size(), std::to_string(row) + " of " + std::to_string(size()));
  return rows_.data() + row * width_;
}

}  // namespace molbridge::bank
