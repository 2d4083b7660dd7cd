#include "molbridge/bridges/bit_lengths.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "molbridge/core/error.hpp"
#include "molbridge/core/set_bits.hpp"

namespace molbridge::bridges {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kBlock = 128;  // outputs summed together
constexpr std::size_t kTile = 64;    // rows whose places are kept while one block of columns stays in the cache

/// As wide as a register; read from where floats lie.
template <std::size_t kBytes>
struct Register;
template <>
struct Register<16> {
  using Floats = float __attribute__((vector_size(16), aligned(4), may_alias));
};
template <>
struct Register<32> {
  using Floats = float __attribute__((vector_size(32), aligned(4), may_alias));
};
template <>
struct Register<64> {
  using Floats = float __attribute__((vector_size(64), aligned(4), may_alias));
};

/// b plus the columns at `places`, for some outputs whose sums stay in 8 registers.
template <std::size_t kBytes>
[[gnu::always_inline]] inline void add_columns(const float* columns, const float* bias, const std::uint32_t* places,
                                               std::size_t count, float* out) {
  using Floats = typename Register<kBytes>::Floats;
  const auto* first = reinterpret_cast<const Floats*>(bias);
  Floats s0 = first[0], s1 = first[1], s2 = first[2], s3 = first[3];
  Floats s4 = first[4], s5 = first[5], s6 = first[6], s7 = first[7];
  for (std::size_t i = 0; i < count; ++i) {
    const auto* column = reinterpret_cast<const Floats*>(columns + places[i] * kBlock);
    s0 += column[0], s1 += column[1], s2 += column[2], s3 += column[3];
    s4 += column[4], s5 += column[5], s6 += column[6], s7 += column[7];
  }
  const Floats sums[8] = {s0, s1, s2, s3, s4, s5, s6, s7};
  std::memcpy(out, sums, sizeof sums);
}

/// Sum of squares of b plus the columns at `places`, for one block of outputs.
template <std::size_t kBytes>
[[gnu::always_inline]] inline double block_squares(const float* columns, const float* bias, const std::uint32_t* places,
                                                   std::size_t count) {
  constexpr std::size_t kAtOnce = 8 * kBytes / sizeof(float);
  std::array<float, kBlock> sums;
  for (std::size_t o = 0; o < kBlock; o += kAtOnce)
    add_columns<kBytes>(columns + o, bias + o, places, count, sums.data() + o);
  std::array<double, kLanes> lanes{};
  for (std::size_t o = 0; o < kBlock; ++o) lanes[o % kLanes] += static_cast<double>(sums[o]) * sums[o];
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

struct Columns {
  const float* values;
  std::size_t inputs, blocks;
};

template <std::size_t kBytes>
[[gnu::always_inline]] inline void tile_squares(const Columns& columns, const std::byte* const* rows, std::size_t count,
                                                std::uint32_t* places, double* out) {
  const std::size_t stride = columns.inputs + 2;
  std::array<std::size_t, kTile> found;
  for (std::size_t r = 0; r < count; ++r) {
    found[r] = set_bits(rows[r], columns.inputs, places + r * stride);
    out[r] = 0;
  }
  for (std::size_t block = 0; block < columns.blocks; ++block) {
    const float* begin = columns.values + block * (columns.inputs + 1) * kBlock;
    for (std::size_t r = 0; r < count; ++r)
      out[r] += block_squares<kBytes>(begin, begin + columns.inputs * kBlock, places + r * stride, found[r]);
  }
}

using TileSquares = void (*)(const Columns&, const std::byte* const*, std::size_t, std::uint32_t*, double*);

void tile_squares_plain(const Columns& columns, const std::byte* const* rows, std::size_t count, std::uint32_t* places,
                        double* out) {
  tile_squares<16>(columns, rows, count, places, out);
}

#if defined(__x86_64__) && defined(__GNUC__)
// Additions alone, and squares of float32 numbers are exact in float64: wider registers and fused products give the same bits.
__attribute__((target("avx2,bmi"))) void tile_squares_avx2(const Columns& columns, const std::byte* const* rows,
                                                           std::size_t count, std::uint32_t* places, double* out) {
  tile_squares<32>(columns, rows, count, places, out);
}
__attribute__((target("avx512f,bmi"))) void tile_squares_avx512(const Columns& columns, const std::byte* const* rows,
                                                                std::size_t count, std::uint32_t* places, double* out) {
  tile_squares<64>(columns, rows, count, places, out);
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
