#pragma once
// In which numbers a frozen network computes. Inputs and outputs are float32 in all of them.

#include <string>
#include <string_view>

namespace molbridge::nn {

enum class Precision {
  kFloat32,     ///< the reference
  kBfloat16,    ///< products of bfloat16 numbers summed in float32; normalisation, softmax and residual sums in float32
  kBfloat16x3,  ///< float32 operands as sums of two bfloat16 numbers, three products: nearly float32 at matrix-unit speed
};

/// "f32", "bf16", "bf16x3". Errors: kUsage with the list.
Precision parse_precision(std::string_view text);
std::string_view name(Precision precision);

}  // namespace molbridge::nn
