#include "molbridge/bank/kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "molbridge/bank/cpu.hpp"
#include "molbridge/bank/half.hpp"
#include "molbridge/core/set_bits.hpp"

#ifdef MOLBRIDGE_X86
#include <immintrin.h>
#endif

namespace molbridge::bank {
namespace {

using Sums = Scorer::Sums;
constexpr std::size_t kLanes = 16;

/// The lanes of one row. Plain arrays: what the vector code leaves behind must be summed in the same order here.
struct Lanes {
  std::array<double, kLanes> dot{};
  std::array<double, kLanes> squares{};

  void add(std::size_t i, double query, double value) {
    dot[i % kLanes] += query * value;
    squares[i % kLanes] += value * value;
  }
  Sums sums() const { return {tree(dot), tree(squares)}; }

 private:
  static double tree(std::array<double, kLanes> lanes) {
    for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    }
    return lanes[0];
  }
};

template <typename Stored>
double load(const std::byte* row, std::size_t i) {
  Stored value;
  std::memcpy(&value, row + i * sizeof(Stored), sizeof(Stored));
  if constexpr (sizeof(Stored) == 2) {
    return float_from_half(value);
  } else {
    return value;
  }
}

template <typename Stored>
Sums sums_portable(const std::byte* row, const double* query, std::size_t width) {
  Lanes lanes;
  for (std::size_t i = 0; i < width; ++i) lanes.add(i, query[i], load<Stored>(row, i));
  return lanes.sums();
}

constexpr std::size_t kBlockBits = 4096;

[[gnu::always_inline]] inline Sums sums_bits_body(const std::byte* row, const double* query, std::size_t width) {
  std::array<std::uint32_t, kBlockBits + 2> places;
  double dot = 0;
  std::size_t all = 0;
  for (std::size_t begin = 0; begin < width; begin += kBlockBits) {
    const std::size_t found = set_bits(row + begin / 8, std::min(kBlockBits, width - begin), places.data());
    for (std::size_t i = 0; i < found; ++i) dot += query[begin + places[i]];
    all += found;
  }
  return {dot, static_cast<double>(all)};
}

Sums sums_bits(const std::byte* row, const double* query, std::size_t width) {
  return sums_bits_body(row, query, width);
}

#ifdef MOLBRIDGE_X86
#define MOLBRIDGE_AVX2 __attribute__((target("avx2,f16c,bmi")))

MOLBRIDGE_AVX2 Sums sums_bits_bmi(const std::byte* row, const double* query, std::size_t width) {
  return sums_bits_body(row, query, width);
}

MOLBRIDGE_AVX2 inline __m256 load_eight(const float* row) { return _mm256_loadu_ps(row); }
MOLBRIDGE_AVX2 inline __m256 load_eight(const std::uint16_t* row) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row)));
}

template <typename Stored>
MOLBRIDGE_AVX2 Sums sums_avx2(const std::byte* bytes, const double* query, std::size_t width) {
  const auto* row = reinterpret_cast<const Stored*>(bytes);
  __m256d dot[4] = {};
  __m256d squares[4] = {};
  std::size_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    const __m256 low = load_eight(row + i);
    const __m256 high = load_eight(row + i + 8);
    const __m256d values[4] = {
        _mm256_cvtps_pd(_mm256_castps256_ps128(low)), _mm256_cvtps_pd(_mm256_extractf128_ps(low, 1)),
        _mm256_cvtps_pd(_mm256_castps256_ps128(high)), _mm256_cvtps_pd(_mm256_extractf128_ps(high, 1))};
    for (std::size_t v = 0; v < 4; ++v) {
      dot[v] = _mm256_add_pd(dot[v], _mm256_mul_pd(_mm256_loadu_pd(query + i + 4 * v), values[v]));
      squares[v] = _mm256_add_pd(squares[v], _mm256_mul_pd(values[v], values[v]));
    }
  }
  Lanes lanes;
  for (std::size_t v = 0; v < 4; ++v) {
    _mm256_storeu_pd(lanes.dot.data() + 4 * v, dot[v]);
    _mm256_storeu_pd(lanes.squares.data() + 4 * v, squares[v]);
  }
  for (; i < width; ++i) lanes.add(i, query[i], load<Stored>(bytes, i));
  return lanes.sums();
}
#endif

}  // namespace

std::string_view name(Similarity similarity) { return similarity == Similarity::kDot ? "dot" : "cosine"; }

std::uint64_t row_bytes(Dtype dtype, std::uint64_t width) {
  switch (dtype) {
    case Dtype::kFloat32: return width * 4;
    case Dtype::kFloat16: return width * 2;
    case Dtype::kBits: return width / 8;
  }
  MOLBRIDGE_CHECK(false, "dtype " + std::to_string(static_cast<int>(dtype)));
}

Scorer::Scorer(Dtype dtype, std::span<const float> query, bool portable)
    : query_(query.begin(), query.end()),
      row_sums_(dtype == Dtype::kBits      ? sums_bits
                : dtype == Dtype::kFloat16 ? sums_portable<std::uint16_t>
                                           : sums_portable<float>) {
  double squares = 0;
  for (const double value : query_) squares += value * value;
  norm_ = std::sqrt(squares);
#ifdef MOLBRIDGE_X86
  if (portable || !cpu_has_avx2()) return;
  row_sums_ = dtype == Dtype::kBits      ? sums_bits_bmi
              : dtype == Dtype::kFloat16 ? sums_avx2<std::uint16_t>
                                         : sums_avx2<float>;
#endif
}

float Scorer::cosine(const std::byte* row) const {
  const Sums sums = row_sums_(row, query_.data(), query_.size());
  const double scale = std::sqrt(sums.squares) * norm_;
  return scale == 0 ? 0.0F : static_cast<float>(sums.dot / scale);
}

float Scorer::dot(const std::byte* row) const {
  return static_cast<float>(row_sums_(row, query_.data(), query_.size()).dot);
}

}  // namespace molbridge::bank
