#include "molbridge/bridges/bit_lengths.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "molbridge/core/error.hpp"
#include "molbridge/core/set_bits.hpp"

namespace molbridge::bridges {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kVectors = 8;
constexpr std::size_t kTile = 64;  // rows whose places are kept while one block of columns stays in the cache
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));

/// Sum of squares of b plus the columns at `places`, for one block of kVectors * kLanes outputs.
[[gnu::always_inline]] inline double block_squares(const float* columns, const float* bias, const std::uint32_t* places,
                                                   std::size_t count) {
  Floats sums[kVectors];
  std::memcpy(sums, bias, sizeof sums);
  for (std::size_t i = 0; i < count; ++i) {
    Floats column[kVectors];
    std::memcpy(column, columns + places[i] * (kVectors * kLanes), sizeof column);
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) sums[v] += column[v];
  }
  std::array<double, kLanes> lanes{};
  for (std::size_t v = 0; v < kVectors; ++v) {
    for (std::size_t l = 0; l < kLanes; ++l) {
      const double value = sums[v][l];
      lanes[l] += value * value;
    }
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

struct Columns {
  const float* values;
  std::size_t inputs, blocks;
};

[[gnu::always_inline]] inline void tile_squares(const Columns& columns, const std::byte* const* rows, std::size_t count,
                                                std::uint32_t* places, double* out) {
  const std::size_t stride = columns.inputs + 2;
  std::array<std::size_t, kTile> found;
  for (std::size_t r = 0; r < count; ++r) {
    found[r] = set_bits(rows[r], columns.inputs, places + r * stride);
    out[r] = 0;
  }
  for (std::size_t block = 0; block < columns.blocks; ++block) {
    const float* begin = columns.values + block * (columns.inputs + 1) * kVectors * kLanes;
    for (std::size_t r = 0; r < count; ++r)
      out[r] += block_squares(begin, begin + columns.inputs * kVectors * kLanes, places + r * stride, found[r]);
  }
}

using TileSquares = void (*)(const Columns&, const std::byte* const*, std::size_t, std::uint32_t*, double*);

void tile_squares_plain(const Columns& columns, const std::byte* const* rows, std::size_t count, std::uint32_t* places,
                        double* out) {
  tile_squares(columns, rows, count, places, out);
}

#if defined(__x86_64__) && defined(__GNUC__)
// Additions alone, and squares of float32 numbers are exact in float64: wider registers and fused products give the same bits.
__attribute__((target("avx2,bmi"))) void tile_squares_avx2(const Columns& columns, const std::byte* const* rows,
                                                           std::size_t count, std::uint32_t* places, double* out) {
  tile_squares(columns, rows, count, places, out);
}
__attribute__((target("avx512f,bmi"))) void tile_squares_avx512(const Columns& columns, const std::byte* const* rows,
                                                                std::size_t count, std::uint32_t* places, double* out) {
  tile_squares(columns, rows, count, places, out);
}
#endif

TileSquares best_tile_squares() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("bmi")) return tile_squares_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return tile_squares_avx2;
#endif
  return tile_squares_plain;
}

}  // namespace

BitLengths::BitLengths(const LinearSide& side)
    : inputs_(side.inputs()), blocks_((static_cast<std::size_t>(side.outputs()) + kBlock - 1) / kBlock) {
  static_assert(kBlock == kVectors * kLanes);
  MOLBRIDGE_CHECK(inputs_ % 8 == 0, std::to_string(inputs_));
  columns_.assign(blocks_ * (inputs_ + 1) * kBlock, 0.0F);
  for (std::size_t o = 0; o < side.outputs(); ++o) {
    float* lane = columns_.data() + o / kBlock * (inputs_ + 1) * kBlock + o % kBlock;
    for (std::size_t i = 0; i < inputs_; ++i) lane[i * kBlock] = side.weight()[o * inputs_ + i];
    if (!side.bias().empty()) lane[inputs_ * kBlock] = side.bias()[o];
  }
}

void BitLengths::squared(const std::byte* const* rows, std::size_t count, double* out) const {
  static const TileSquares tile = best_tile_squares();
  std::vector<std::uint32_t> places(kTile * (inputs_ + 2));
  for (std::size_t begin = 0; begin < count; begin += kTile) {
    tile({columns_.data(), static_cast<std::size_t>(inputs_), blocks_}, rows + begin, std::min(kTile, count - begin),
         places.data(), out + begin);
  }
}

}  // namespace molbridge::bridges
