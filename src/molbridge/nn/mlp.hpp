#pragma once
// A chain of linear layers with ReLU between them, without gradients.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "molbridge/nn/linear.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::nn {

/// Threads: const use is safe. A row's result does not depend on its neighbours.
class Mlp {
 public:
  /// Reads "<prefix>0.weight", "<prefix>0.bias", "<prefix>1.weight" ... for widths w0 -> w1 -> ... and adds their names to `used`.
  /// `relu_last`: also after the last layer. Requires at least two widths. Errors: kModel naming the tensor that is missing or of another shape.
  static Mlp read(const Weights& weights, const std::string& prefix, const std::vector<std::int64_t>& widths,
                  bool relu_last, std::set<std::string>& used);

  std::int64_t inputs() const { return layers_.front().inputs(); }
  std::int64_t outputs() const { return layers_.back().outputs(); }
  /// Shapes: x [rows, inputs], returns [rows, outputs].
  std::vector<float> forward(std::vector<float> x) const;

 private:
  Mlp() = default;
  std::vector<Linear> layers_;
};

/// Errors: kModel naming the first tensor below `prefix` that is not in `used`: it would silently not count.
void require_all_used(const Weights& weights, const std::string& prefix, const std::set<std::string>& used);

}  // namespace molbridge::nn
