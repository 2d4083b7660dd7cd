#pragma once
// One set of kernels per instruction set. Private to nn. The sets are made from one source, kernels_body.hpp, compiled with other flags
// each, so they contain no call into a template of the standard library: the linker could take such a copy for everybody.

#include <cstdint>

namespace molbridge::nn {

/// One head of attention. `q` [queries, width], `k` transposed [width, keys_padded], `v` [keys, width_padded], `bias` [keys_padded] with
/// -infinity behind the last key; `scores` takes 4 * keys_padded floats; out [queries, width] with row stride `out_stride`.
struct HeadAttention {
  const float *q, *k, *v, *bias;
  std::int64_t queries, keys, keys_padded, width, width_padded;
  float* scores;
  float* out;
  std::int64_t out_stride;
};

struct KernelTable {
  const char* name;
  std::int64_t tile;  ///< floats; keys_padded and width_padded are multiples of it
  void (*layer_norm_row)(const float* x, std::int64_t size, const float* weight, const float* bias, float epsilon,
                         float* y);
  void (*attend_head)(const HeadAttention& head);
  void (*fourier_features)(float mz, const float* frequencies, std::int64_t count, float* out);
  void (*to_bfloat16)(const float* x, std::int64_t count, std::uint16_t* y, std::uint16_t* rest);
  float (*dot)(const float* a, const float* b, std::int64_t size);
};

extern const KernelTable kBaselineKernels, kAvx2Kernels, kAvx512Kernels;

/// The best set that this processor runs; MOLBRIDGE_CPU=baseline|avx2|avx512 lowers it (for tests).
const KernelTable& kernels();

}  // namespace molbridge::nn
