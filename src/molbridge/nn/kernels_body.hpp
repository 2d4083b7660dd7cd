#pragma once
// The kernels, written with vectors of MOLBRIDGE_LANES floats. Included once by each kernels_<set>.cpp, which names the set.

#include <cstdint>
#include <cstring>

#include "molbridge/nn/kernel_table.hpp"

namespace molbridge::nn {
namespace {

constexpr int kLanes = MOLBRIDGE_LANES;
using Floats = float __attribute__((vector_size(kLanes * 4)));
using Ints = std::int32_t __attribute__((vector_size(kLanes * 4)));
using Words = std::uint32_t __attribute__((vector_size(kLanes * 4)));
using Halves = std::uint16_t __attribute__((vector_size(kLanes * 2)));
constexpr int kDoubleLanes = kLanes / 2;
using Doubles = double __attribute__((vector_size(kLanes * 4)));
using Longs = std::int64_t __attribute__((vector_size(kLanes * 4)));
using HalfFloats = float __attribute__((vector_size(kLanes * 2)));

template <typename Vector, typename Scalar>
Vector load(const Scalar* from) {
  Vector value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <typename Vector, typename Scalar>
void store(Scalar* to, const Vector& value) {
  std::memcpy(to, &value, sizeof value);
}
inline Floats broadcast(float value) { return Floats{} + value; }

inline float sum_lanes(const Floats& x) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += x[i];
  return total;
}

float dot(const float* a, const float* b, std::int64_t size) {
  Floats sum = {};
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) sum += load<Floats>(a + i) * load<Floats>(b + i);
  float total = sum_lanes(sum);
  for (; i < size; ++i) total += a[i] * b[i];
  return total;
}

// --- normalisation ---

void layer_norm_row(const float* x, std::int64_t size, const float* weight, const float* bias, float epsilon,
                    float* y) {
  const std::int64_t whole = size / kLanes * kLanes;
  Floats sum = {};
  for (std::int64_t i = 0; i < whole; i += kLanes) sum += load<Floats>(x + i);
  float total = sum_lanes(sum);
  for (std::int64_t i = whole; i < size; ++i) total += x[i];
  const float mean = total / static_cast<float>(size);
  Floats squares = {};
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    const Floats centred = load<Floats>(x + i) - mean;
    squares += centred * centred;
  }
  float variance = sum_lanes(squares);
  for (std::int64_t i = whole; i < size; ++i) variance += (x[i] - mean) * (x[i] - mean);
  const float factor = 1.0F / __builtin_sqrtf(variance / static_cast<float>(size) + epsilon);
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    store(y + i, (load<Floats>(x + i) - mean) * factor * load<Floats>(weight + i) + load<Floats>(bias + i));
  }
  for (std::int64_t i = whole; i < size; ++i) y[i] = (x[i] - mean) * factor * weight[i] + bias[i];
}

// --- softmax attention ---

/// exp(x) for x <= 0 to about 1 ulp; exactly 0 below -87.3, -infinity included.
inline Floats exp_of_negative(Floats x) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
  const Ints tiny = x < -87.3F;
  x = tiny ? broadcast(-87.3F) : x;
  const Floats shifted = x * 1.44269504088896341F + kMagic;
  const Floats n = shifted - kMagic;
  const Floats r = x - n * 0.693359375F - n * -2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
  return tiny ? Floats{} : p * load<Floats>(reinterpret_cast<const float*>(&exponent));
}

/// c [R, 2 * kLanes] = a [R, depth] (row stride a_stride) x b [depth, 2 * kLanes] (row stride b_stride)
template <int R>
void multiply_tile(const float* a, std::int64_t a_stride, const float* b, std::int64_t b_stride, std::int64_t depth,
                   float* c, std::int64_t c_stride) {
  Floats sum[R][2] = {};
  for (std::int64_t d = 0; d < depth; ++d) {
    const Floats left = load<Floats>(b + d * b_stride), right = load<Floats>(b + d * b_stride + kLanes);
    for (int r = 0; r < R; ++r) {
      const float factor = a[r * a_stride + d];
      sum[r][0] += factor * left;
      sum[r][1] += factor * right;
    }
  }
  for (int r = 0; r < R; ++r) {
    store(c + r * c_stride, sum[r][0]);
    store(c + r * c_stride + kLanes, sum[r][1]);
  }
}

/// Turns scores into exp(score - maximum) in place and returns their sum.
inline float exponentials(float* scores, const float* bias, std::int64_t keys_padded) {
  Floats highest = broadcast(-__builtin_inff());
  for (std::int64_t i = 0; i < keys_padded; i += kLanes) {
    const Floats score = load<Floats>(scores + i) + load<Floats>(bias + i);
    store(scores + i, score);
    highest = score > highest ? score : highest;
  }
  float maximum = highest[0];
  for (int i = 1; i < kLanes; ++i) maximum = highest[i] > maximum ? highest[i] : maximum;
  Floats sum = {};
  for (std::int64_t i = 0; i < keys_padded; i += kLanes) {
    const Floats value = exp_of_negative(load<Floats>(scores + i) - maximum);
    store(scores + i, value);
    sum += value;
  }
  return sum_lanes(sum);
}

template <int R>
void attend_rows(const HeadAttention& head, std::int64_t row) {
  constexpr int kTile = 2 * kLanes;
  for (std::int64_t key = 0; key < head.keys_padded; key += kTile) {
    multiply_tile<R>(head.q + row * head.width, head.width, head.k + key, head.keys_padded, head.width,
                     head.scores + key, head.keys_padded);
  }
  float factor[R];
  for (int r = 0; r < R; ++r)
    factor[r] = 1.0F / exponentials(head.scores + r * head.keys_padded, head.bias, head.keys_padded);
  for (std::int64_t column = 0; column < head.width; column += kTile) {
    float tile[R * kTile];
    multiply_tile<R>(head.scores, head.keys_padded, head.v + column, head.width_padded, head.keys, tile, kTile);
    const std::int64_t count = head.width - column < kTile ? head.width - column : kTile;
    for (int r = 0; r < R; ++r) {
      float* out = head.out + (row + r) * head.out_stride + column;
      for (std::int64_t i = 0; i < count; ++i) out[i] = tile[r * kTile + i] * factor[r];
    }
  }
}

void attend_head(const HeadAttention& head) {
  std::int64_t row = 0;
  for (; row + 4 <= head.queries; row += 4) attend_rows<4>(head, row);
  for (; row < head.queries; ++row) attend_rows<1>(head, row);
}

// --- m/z features ---

struct Turn {
  HalfFloats cosine, sine;
};

/// Cosine and sine of float32 angles up to 2^31 turns, as the nearest float32 to within a rounding: reduced in double precision with a two-part
/// pi/2, whose error n * 1e-33 is nothing, and Taylor sums whose next terms are below 1e-11.
inline Turn turn_by(HalfFloats phase) {
  constexpr double kHighHalfPi = 1.57079632679489655800e+00, kLowHalfPi = 6.12323399573676603587e-17;
  constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52
  const Doubles angle = __builtin_convertvector(phase, Doubles);
  const Doubles shifted = angle * 6.36619772367581382433e-01 + kMagic;
  const Doubles n = shifted - kMagic;
  const Longs quadrant = load<Longs>(reinterpret_cast<const std::int64_t*>(&shifted)) & 3;
#ifdef __FMA__
  Doubles r = angle - n * kHighHalfPi;  // one rounding: the compiler contracts it
#else
  Doubles r = {};
  for (int i = 0; i < kDoubleLanes; ++i) r[i] = __builtin_fma(-n[i], kHighHalfPi, angle[i]);
#endif
  r = r - n * kLowHalfPi;
  const Doubles s = r * r;
  Doubles sine = s * -2.50521083854417188e-08 + 2.75573192239858907e-06;
  sine = sine * s - 1.98412698412698413e-04;
  sine = sine * s + 8.33333333333333333e-03;
  sine = sine * s - 1.66666666666666667e-01;
  sine = r + r * s * sine;
  Doubles cosine = s * 2.08767569878680990e-09 - 2.75573192239858907e-07;
  cosine = cosine * s + 2.48015873015873016e-05;
  cosine = cosine * s - 1.38888888888888889e-03;
  cosine = cosine * s + 4.16666666666666667e-02;
  cosine = 1.0 - 0.5 * s + s * s * cosine;
  const Longs odd = (quadrant & 1) != 0;
  const Doubles first = odd ? sine : cosine, second = odd ? cosine : sine;
  const Longs turn_first = ((quadrant + 1) & 2) != 0, turn_second = (quadrant & 2) != 0;
  return {__builtin_convertvector(turn_first ? -first : first, HalfFloats),
          __builtin_convertvector(turn_second ? -second : second, HalfFloats)};
}

void fourier_features(float mz, const float* frequencies, std::int64_t count, float* out) {
  const float turn = 6.2831855F * mz;  // rounded to float32 here, as the reference does
  for (std::int64_t i = 0; i < count; i += kDoubleLanes) {
    const std::int64_t here = count - i < kDoubleLanes ? count - i : kDoubleLanes;
    HalfFloats frequency = {};
    std::memcpy(&frequency, frequencies + i, static_cast<std::size_t>(here) * 4);
    const Turn turned = turn_by(turn * frequency);
    std::memcpy(out + i, &turned.cosine, static_cast<std::size_t>(here) * 4);
    std::memcpy(out + count + i, &turned.sine, static_cast<std::size_t>(here) * 4);
  }
}

// --- bfloat16 ---

/// The upper half of float32, rounded to nearest even; no number stays none.
inline Words rounded_upper(const Words& bits) {
  const Words rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U;
  return (bits & 0x7fffffffU) > 0x7f800000U ? (bits | 0x00400000U) & 0xffff0000U : rounded;
}

inline void convert(const Floats& x, Halves& upper, Halves& rest) {
  const Words whole = rounded_upper(load<Words>(reinterpret_cast<const float*>(&x)));
  upper = __builtin_convertvector(whole >> 16, Halves);
  const Floats left = x - load<Floats>(reinterpret_cast<const float*>(&whole));
  rest = __builtin_convertvector(rounded_upper(load<Words>(reinterpret_cast<const float*>(&left))) >> 16, Halves);
}

void to_bfloat16(const float* x, std::int64_t count, std::uint16_t* y, std::uint16_t* rest) {
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const std::int64_t here = count - i < kLanes ? count - i : kLanes;
    Floats value = {};
    if (here == kLanes) {
      value = load<Floats>(x + i);
    } else {
      std::memcpy(&value, x + i, static_cast<std::size_t>(here) * 4);
    }
    Halves upper, lower;
    convert(value, upper, lower);
    std::memcpy(y + i, &upper, static_cast<std::size_t>(here) * 2);
    if (rest != nullptr) std::memcpy(rest + i, &lower, static_cast<std::size_t>(here) * 2);
  }
}

}  // namespace

const KernelTable MOLBRIDGE_KERNEL_SET = {
    MOLBRIDGE_KERNEL_NAME, 2 * kLanes, layer_norm_row, attend_head, fourier_features, to_bfloat16, dot};

}  // namespace molbridge::nn
