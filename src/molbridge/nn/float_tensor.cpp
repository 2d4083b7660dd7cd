#include "molbridge/nn/float_tensor.hpp"

#include <cstdint>

namespace molbridge::nn {
namespace {

bool fits(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& wanted) {
  if (shape.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (wanted[i] >= 0 && wanted[i] != shape[i]) return false;
  }
  return true;
}

}  // namespace

FloatTensor::FloatTensor(const Weights& weights, const std::string& name, const std::vector<std::int64_t>& shape)
    : weights_(weights), name_(name) {
  const TensorView& view = weights.at(name);
  shape_ = view.shape;
  const bool aligned = reinterpret_cast<std::uintptr_t>(view.bytes.data()) % alignof(float) == 0;
  if (view.type == ElementType::kF32 && aligned && fits(view.shape, shape)) {
    values_ = {reinterpret_cast<const float*>(view.bytes.data()), view.bytes.size() / sizeof(float)};
  } else {
    owned_ = weights.floats(name, shape);  // which also refuses what does not fit
    values_ = owned_;
  }
}

FloatTensor::~FloatTensor() { weights_.release(name_); }

}  // namespace molbridge::nn
