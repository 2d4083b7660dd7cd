#pragma once
// A named tensor as float32 without a copy where the file already holds aligned float32. The weights must outlive it.

#include <span>
#include <string>
#include <vector>

#include "molbridge/nn/weights.hpp"

namespace molbridge::nn {

class FloatTensor {
 public:
  /// -1 in `shape` fits any size. Errors: kModel as Weights::floats.
  FloatTensor(const Weights& weights, const std::string& name, const std::vector<std::int64_t>& shape);
  /// Its pages of the map are let go: a weight is read once, when it is packed.
  ~FloatTensor();
  FloatTensor(const FloatTensor&) = delete;
  FloatTensor& operator=(const FloatTensor&) = delete;

  std::span<const float> values() const { return values_; }
  std::int64_t size(std::size_t dimension) const { return shape_.at(dimension); }
  std::vector<float> copy() const { return {values_.begin(), values_.end()}; }

 private:
  const Weights& weights_;
  std::string name_;
  std::vector<std::int64_t> shape_;
  std::vector<float> owned_;
  std::span<const float> values_;
};

}  // namespace molbridge::nn
