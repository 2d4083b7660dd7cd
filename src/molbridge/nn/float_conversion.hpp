#pragma once
// Numbers of files as float32, at the speed of memory. Thread-safe.

#include <vector>

#include "molbridge/nn/safetensors.hpp"

namespace molbridge::nn {

/// F64, F32, F16 or BF16.
bool is_float(ElementType type);

/// Row-major. F64 is rounded to nearest, the others are exact, infinities and NaN stay. Requires is_float(view.type); the bytes may start
/// at any address.
std::vector<float> to_float32(const TensorView& view);

}  // namespace molbridge::nn
