#include "molbridge/bank/half.hpp"

#include <bit>
#include <cstddef>

#include "molbridge/bank/cpu.hpp"
#include "molbridge/core/error.hpp"

#ifdef MOLBRIDGE_X86
#include <immintrin.h>
#endif

namespace molbridge::bank {
namespace {

constexpr std::uint32_t kInfinity = 0x7f800000;
constexpr std::uint32_t kRoundsToInfinity = 0x477ff000;  // 65520
constexpr std::uint32_t kSmallestNormal = 0x38800000;    // 2^-14
constexpr std::uint32_t kRoundsToZero = 0x33000000;      // 2^-25, a tie with 2^-24 that goes to the even 0

std::uint32_t subnormal_half(std::uint32_t magnitude) {
  const std::uint32_t mantissa = (magnitude & 0x7fffff) | 0x800000;
  const std::uint32_t shift = 126 - (magnitude >> 23);  // the unit of the result is 2^-24
  const std::uint32_t half = mantissa >> shift;
  const std::uint32_t rest = mantissa & ((1U << shift) - 1);
  const std::uint32_t tie = 1U << (shift - 1);
  return half + ((rest > tie || (rest == tie && (half & 1) != 0)) ? 1 : 0);
}

#ifdef MOLBRIDGE_X86
__attribute__((target("avx,f16c"))) std::size_t convert_f16c(const float* in, std::uint16_t* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), halves);
  }
  return i;
}

__attribute__((target("avx,f16c"))) std::size_t convert_f16c(const std::uint16_t* in, float* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(halves));
  }
  return i;
}
#endif

}  // namespace

std::uint16_t half_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  const std::uint32_t magnitude = bits & 0x7fffffff;
  std::uint32_t half = 0;
  if (magnitude > kInfinity) {
    half = 0x7e00 | ((magnitude >> 13) & 0x3ff);  // quiet NaN that keeps the high payload bits, as F16C does
  } else if (magnitude >= kRoundsToInfinity) {
    half = 0x7c00;
  } else if (magnitude >= kSmallestNormal) {
    half = (magnitude + 0xfff + ((magnitude >> 13) & 1) - 0x38000000) >> 13;
  } else if (magnitude > kRoundsToZero) {
    half = subnormal_half(magnitude);
  }
  return static_cast<std::uint16_t>(sign | half);
}

float float_from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1f;
  std::uint32_t mantissa = half & 0x3ff;
  if (exponent == 0x1f) {
    const std::uint32_t quiet = mantissa != 0 ? 0x400000 : 0;
    return std::bit_cast<float>(sign | kInfinity | quiet | (mantissa << 13));
  }
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

void halves_from_floats(std::span<const float> in, std::span<std::uint16_t> out) {
  MOLBRIDGE_CHECK(in.size() == out.size(), std::to_string(in.size()) + " and " + std::to_string(out.size()));
  std::size_t i = 0;
#ifdef MOLBRIDGE_X86
  if (cpu_has_avx2()) i = convert_f16c(in.data(), out.data(), in.size());
#endif
  for (; i < in.size(); ++i) out[i] = half_from_float(in[i]);
}

void floats_from_halves(std::span<const std::uint16_t> in, std::span<float> out) {
  MOLBRIDGE_CHECK(in.size() == out.size(), std::to_string(in.size()) + " and " + std::to_string(out.size()));
  std::size_t i = 0;
#ifdef MOLBRIDGE_X86
  if (cpu_has_avx2()) i = convert_f16c(in.data(), out.data(), in.size());
#endif
  for (; i < in.size(); ++i) out[i] = float_from_half(in[i]);
}

}  // namespace molbridge::bank
