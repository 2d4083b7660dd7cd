#pragma once
// IEEE 754 binary16 ("float16", "half") to and from float32. Private to the bank. Thread-safe.
//
// The hardware path (F16C) and the portable one give the same bits for every input, NaN included (tested).

#include <cstdint>
#include <span>

namespace molbridge::bank {

/// Rounds to nearest, ties to even; beyond 65519.99 becomes infinity, below 2^-25 zero.
std::uint16_t half_from_float(float value);
/// Exact.
float float_from_half(std::uint16_t half);

/// Whole rows, by hardware where there is some. Requires equal sizes.
void halves_from_floats(std::span<const float> in, std::span<std::uint16_t> out);
void floats_from_halves(std::span<const std::uint16_t> in, std::span<float> out);

/// Largest finite value.
inline constexpr float kLargestHalf = 65504.0F;

}  // namespace molbridge::bank
