#pragma once
// One side of a dual linear bridge: x -> W x + b, from a frozen space into a shared one. Ranking there is by cosine, so
//
//   cos(q, W x + b) = ((W^T q) . x + q . b) / (|q| |W x + b|)
//
// and a bank of x can be searched as it lies: fold() gives W^T q and q . b, and the lengths |W x + b| are computed once per bank
// (retrieve/projected_bank.hpp). Source: Thin Bridges (arXiv 2510.03309), linear projections of both frozen encoders to 256.
// Threads: const use is safe. A row's result does not depend on its neighbours.

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "molbridge/nn/linear.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::bridges {

/// A query brought to the frozen space: its product with W x + b is `query` . x + `constant`.
struct FoldedQuery {
  std::vector<float> query;  ///< W^T q, [inputs]; summed in float64
  double constant = 0;       ///< q . b
  double norm = 0;           ///< |q|
};

class LinearSide {
 public:
  /// Shapes: weight [outputs, inputs] row-major; bias [outputs], or empty: none. Requires finite sizes that fit.
  LinearSide(std::vector<float> weight, std::vector<float> bias, std::uint64_t inputs, std::uint64_t outputs);
  /// Tensors "<name>.weight" and, where there is one, "<name>.bias". Adds the names it has read to `used`. Errors: kModel naming file and
  /// tensor.
  static LinearSide read(const nn::Weights& weights, const std::string& name, std::set<std::string>& used);

  std::uint64_t inputs() const { return inputs_; }
  std::uint64_t outputs() const { return outputs_; }
  std::span<const float> weight() const { return weight_; }  ///< [outputs, inputs]
  std::span<const float> bias() const { return bias_; }      ///< [outputs] or empty

  /// W x + b. Shapes: x [rows, inputs], y [rows, outputs]. On the calling thread.
  void apply(const float* x, std::uint64_t rows, float* y) const;
  /// The same, each row divided by its length; a row of length zero stays zero.
  void apply_normalized(const float* x, std::uint64_t rows, float* y) const;
  /// Shapes: q [outputs].
  FoldedQuery fold(std::span<const float> q) const;

 private:
  std::uint64_t inputs_, outputs_;
  std::vector<float> weight_, bias_;
  nn::Linear product_;
};

/// Rows of `width` in place, each divided by its length (summed in float64); a zero row stays zero.
void normalize_rows(std::span<float> rows, std::uint64_t width);

}  // namespace molbridge::bridges
