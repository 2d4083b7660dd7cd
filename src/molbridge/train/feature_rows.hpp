#pragma once
// Frozen vectors as a thin bridge takes them while it learns: computed once, and kept by their nonzero components where most are zero (bits, counts,
// TF-IDF), which is 30 times smaller for ECFP4.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/embedding_cache.hpp"
#include "molbridge/learn/dual_linear.hpp"

namespace molbridge::train {

/// Threads: const use is safe.
class FeatureRows {
 public:
  FeatureRows() = default;
  explicit FeatureRows(std::int64_t width) : width_(width) {}
  /// Vectors of `items`; networks through `cache`, all else directly, and so the parts of encoders side by side. Errors: as EmbeddingCache::rows.
  static FeatureRows encode(const encoders::ItemEncoder& encoder, encoders::EmbeddingCache& cache,
                            std::span<const std::string> items, std::size_t threads, Progress& progress);

  /// Shapes: rows [n, width]. Whether rows are kept sparse is decided at the first call: where at most one component in eight is not zero.
  void append(std::span<const float> rows);

  std::int64_t size() const { return size_; }
  std::int64_t width() const { return width_; }
  bool is_sparse() const { return !offsets_.empty(); }
  /// Of each item of encode(): whether it has a vector, and how much of it was read.
  const std::vector<encoders::ItemState>& states() const { return states_; }

  learn::FeatureBatch batch(std::span<const std::int64_t> rows) const;
  /// Shapes: returns [rows, width] float64.
  torch::Tensor dense(std::span<const std::int64_t> rows) const;
  /// Weighted mean. Shapes: weights [size()]; returns [width] float64.
  torch::Tensor mean(std::span<const double> weights) const;

 private:
  static FeatureRows encode_parts(const encoders::ItemEncoder& encoder, encoders::EmbeddingCache& cache,
                                  std::span<const std::string> items, std::size_t threads, Progress& progress);
  /// Shapes: to [width].
  void copy_row(std::size_t row, float* to) const;
  void append_sparse(std::span<const float> rows);
  std::int64_t width_ = 0, size_ = 0;
  std::vector<float> values_;           ///< all components, or those that are not zero
  std::vector<std::uint32_t> indices_;  ///< of sparse rows
  std::vector<std::uint64_t> offsets_;  ///< of sparse rows: where each begins, and the end
  std::vector<encoders::ItemState> states_;
};

}  // namespace molbridge::train
