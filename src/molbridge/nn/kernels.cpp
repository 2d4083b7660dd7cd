#include "molbridge/nn/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <vector>

#include "molbridge/core/error.hpp"
#include "molbridge/nn/kernel_table.hpp"
#include "molbridge/nn/packed_matrix.hpp"
#include "molbridge/nn/scratch.hpp"

namespace molbridge::nn {
namespace {

bool runs_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool runs_avx512() {
  return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

const KernelTable& choose() {
  const char* wish = std::getenv("MOLBRIDGE_CPU");
  const std::string_view limit = wish != nullptr ? wish : "avx512";
  if (limit == "avx512" && runs_avx512()) return kAvx512Kernels;
  if (limit != "baseline" && runs_avx2()) return kAvx2Kernels;
  return kBaselineKernels;
}

std::int64_t round_up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }

bool fits_keys(std::size_t biases, std::int64_t tokens, std::int64_t heads) {
  const auto count = static_cast<std::int64_t>(biases);
  return count == 0 || count == tokens || count == heads * tokens;
}

/// Where the parts of one head lie in this thread's scratch memory.
struct HeadBuffers {
  float *q, *k, *v, *bias, *scores;
};

HeadBuffers head_buffers(std::int64_t queries, std::int64_t tokens, std::int64_t keys, std::int64_t width,
                         std::int64_t width_padded) {
  float* memory = scratch_of<float>(ScratchPurpose::kAttention,
                                    queries * width + width * keys + tokens * width_padded + keys + 4 * keys);
  HeadBuffers buffers{};
  buffers.k = memory;  // first, since rows of vectors are read from it
  buffers.scores = buffers.k + width * keys;
  buffers.bias = buffers.scores + 4 * keys;
  buffers.v = buffers.bias + keys;
  buffers.q = buffers.v + tokens * width_padded;
  return buffers;
}

void fill_head(const float* qkv, std::int64_t stride, std::int64_t tokens, std::int64_t queries, std::int64_t head,
               const AttentionShape& shape, std::int64_t keys, std::int64_t width_padded, const HeadBuffers& to) {
  const std::int64_t width = shape.head_width, model = shape.heads * width, offset = head * width;
  for (std::int64_t t = 0; t < queries; ++t) {
    for (std::int64_t d = 0; d < width; ++d) to.q[t * width + d] = qkv[t * stride + offset + d] * shape.scale;
  }
  for (std::int64_t t = 0; t < tokens; ++t) {
    const float* k = qkv + t * stride + model + offset;
    for (std::int64_t d = 0; d < width; ++d) to.k[d * keys + t] = k[d];
    const float* v = qkv + t * stride + 2 * model + offset;
    std::copy_n(v, width, to.v + t * width_padded);
    std::fill(to.v + t * width_padded + width, to.v + (t + 1) * width_padded, 0.0F);
  }
  for (std::int64_t d = 0; d < width; ++d) std::fill(to.k + d * keys + tokens, to.k + (d + 1) * keys, 0.0F);
}

}  // namespace

const KernelTable& kernels() {
  static const KernelTable& table = choose();
  return table;
}

void layer_norm(const float* x, std::int64_t rows, std::span<const float> weight, std::span<const float> bias,
                float epsilon, float* y) {
  const auto width = static_cast<std::int64_t>(weight.size());
  MOLBRIDGE_CHECK(weight.size() == bias.size() && width > 0, std::to_string(width));
  for (std::int64_t row = 0; row < rows; ++row) {
    kernels().layer_norm_row(x + row * width, width, weight.data(), bias.data(), epsilon, y + row * width);
  }
}

void self_attention(const float* qkv, std::int64_t tokens, std::int64_t queries, const AttentionShape& shape,
                    std::span<const float> key_bias, float* out) {
  MOLBRIDGE_CHECK(tokens > 0 && queries <= tokens && fits_keys(key_bias.size(), tokens, shape.heads),
                  std::to_string(tokens));
  const KernelTable& table = kernels();
  const std::int64_t model = shape.heads * shape.head_width, keys = round_up(tokens, table.tile);
  const std::int64_t width_padded = round_up(shape.head_width, table.tile);
  const HeadBuffers buffers = head_buffers(queries, tokens, keys, shape.head_width, width_padded);
  std::fill(buffers.bias, buffers.bias + tokens, 0.0F);
  std::fill(buffers.bias + tokens, buffers.bias + keys, -std::numeric_limits<float>::infinity());
  const bool per_head = static_cast<std::int64_t>(key_bias.size()) > tokens;
  for (std::int64_t head = 0; head < shape.heads; ++head) {
    if (!key_bias.empty()) std::copy_n(key_bias.data() + (per_head ? head * tokens : 0), tokens, buffers.bias);
    fill_head(qkv, 3 * model, tokens, queries, head, shape, keys, width_padded, buffers);
    table.attend_head({buffers.q, buffers.k, buffers.v, buffers.bias, queries, tokens, keys, shape.head_width,
                       width_padded, buffers.scores, out + head * shape.head_width, model});
  }
}

void rotate_positions(float* x, std::int64_t tokens, std::int64_t stride, const AttentionShape& shape, float base) {
  const std::int64_t half = shape.head_width / 2;
  std::vector<float> cosine(static_cast<std::size_t>(half)), sine(cosine.size()), inverse(cosine.size());
  for (std::int64_t i = 0; i < half; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(shape.head_width);
    inverse[static_cast<std::size_t>(i)] = 1.0F / std::pow(base, exponent);
  }
  for (std::int64_t t = 0; t < tokens; ++t) {
    for (std::size_t i = 0; i < inverse.size(); ++i) {
      const float angle = static_cast<float>(t) * inverse[i];
      cosine[i] = std::cos(angle);
      sine[i] = std::sin(angle);
    }
    for (std::int64_t head = 0; head < shape.heads; ++head) {
      float* first = x + t * stride + head * shape.head_width;
      float* second = first + half;
      for (std::size_t i = 0; i < inverse.size(); ++i) {
        const float a = first[i], b = second[i];
        first[i] = a * cosine[i] - b * sine[i];
        second[i] = b * cosine[i] + a * sine[i];
      }
    }
  }
}

void fourier_features(float mz, std::span<const float> frequencies, float* out) {
  kernels().fourier_features(mz, frequencies.data(), static_cast<std::int64_t>(frequencies.size()), out);
}

float dot(const float* a, const float* b, std::int64_t size) { return kernels().dot(a, b, size); }

void to_bfloat16(const float* x, std::int64_t count, std::uint16_t* y, std::uint16_t* rest) {
  kernels().to_bfloat16(x, count, y, rest);
}

}  // namespace molbridge::nn
