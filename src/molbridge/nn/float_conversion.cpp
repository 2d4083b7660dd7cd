#include "molbridge/nn/float_conversion.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace molbridge::nn {
namespace {

/// Without branches, so that the loop over it is vectorised.
float from_half(std::uint16_t half) {
  constexpr std::uint32_t kRebias = std::uint32_t{112} << 23, kSmallestNormal = 1u << 10, kInfinity = 31u << 10;
  const std::uint32_t magnitude = half & 0x7fffu;
  const std::uint32_t normal = (magnitude << 13) + kRebias;
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f);
  const std::uint32_t bits = magnitude < kSmallestNormal ? subnormal
                             : magnitude >= kInfinity    ? normal + kRebias
                                                         : normal;
  return std::bit_cast<float>(bits | (static_cast<std::uint32_t>(half & 0x8000u) << 16));
}

float from_bfloat(std::uint16_t value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16); }

template <typename Stored, typename Convert>
void convert(const TensorView& view, std::vector<float>& out, Convert to_float) {
  const std::byte* from = view.bytes.data();
  float* to = out.data();
  const std::size_t count = out.size();
  for (std::size_t i = 0; i < count; ++i) {
    Stored value;
    std::memcpy(&value, from + i * sizeof(Stored), sizeof(Stored));  // unaligned load
    to[i] = to_float(value);
  }
}

}  // namespace

bool is_float(ElementType type) {
  return type == ElementType::kF64 || type == ElementType::kF32 || type == ElementType::kF16 ||
         type == ElementType::kBF16;
}

std::vector<float> to_float32(const TensorView& view) {
  MOLBRIDGE_CHECK(is_float(view.type), std::string(name(view.type)));
  std::vector<float> out(view.bytes.size() / element_size(view.type));
  switch (view.type) {
    case ElementType::kF64: convert<double>(view, out, [](double value) { return static_cast<float>(value); }); break;
    case ElementType::kF16: convert<std::uint16_t>(view, out, from_half); break;
    case ElementType::kBF16: convert<std::uint16_t>(view, out, from_bfloat); break;
    default:
      if (!out.empty()) std::memcpy(out.data(), view.bytes.data(), view.bytes.size());
  }
  return out;
}

}  // namespace molbridge::nn
