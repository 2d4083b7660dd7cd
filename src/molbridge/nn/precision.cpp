#include "molbridge/nn/precision.hpp"

#include "molbridge/core/error.hpp"

namespace molbridge::nn {

Precision parse_precision(std::string_view text) {
  for (const auto precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kBfloat16x3}) {
    if (text == name(precision)) return precision;
  }
  throw Error(ErrorCode::kUsage, "unknown number format '" + std::string(text) + "'").remedy("use f32, bf16 or bf16x3");
}

std::string_view name(Precision precision) {
  switch (precision) {
    case Precision::kFloat32: return "f32";
    case Precision::kBfloat16: return "bf16";
    case Precision::kBfloat16x3: return "bf16x3";
  }
  return "";
}

}  // namespace molbridge::nn
