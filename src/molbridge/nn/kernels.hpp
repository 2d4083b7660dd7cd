#pragma once
// What stands between the matrix products of a transformer: normalisation, attention, activations, m/z features. float32, one thread,
// compiled for several instruction sets and chosen at start. Row-major; rows are contiguous unless said otherwise.
// Threads: pure functions. A row's result does not depend on its neighbours.

#include <cstdint>
#include <span>

namespace molbridge::nn {

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, biased variance. x may be y. Shapes: x, y [rows, D]; weight, bias [D].
void layer_norm(const float* x, std::int64_t rows, std::span<const float> weight, std::span<const float> bias,
                float epsilon, float* y);

struct AttentionShape {
  std::int64_t heads = 0;
  std::int64_t head_width = 0;
  float scale = 0;  ///< of q . k, mostly head_width^-0.5
};

/// Softmax attention of one sequence. Shapes: qkv [tokens, 3 * heads * head_width] with q, k, v side by side in a row, each split into heads;
/// key_bias [tokens], [heads, tokens] or empty, added to every score of that key after scaling (-infinity hides a key); out [queries, heads * head_width] for
/// the first `queries` tokens.
void self_attention(const float* qkv, std::int64_t tokens, std::int64_t queries, const AttentionShape& shape,
                    std::span<const float> key_bias, float* out);

/// Rotary position of ESM-2 in place: row t of x [tokens, heads * head_width] (stride in floats) is turned by angles t * base^(-2i/head_width),
/// halves (x1, x2) of each head.
void rotate_positions(float* x, std::int64_t tokens, std::int64_t stride, const AttentionShape& shape, float base);

/// Cosines, then sines, of 2 pi mz b as float32 programs round them: phase = fl(fl(2 pi) * mz) * b in float32, then exact functions of that
/// phase. Shapes: frequencies [F]; out [2 F]. Source: DreaMS, Fourier features.
void fourier_features(float mz, std::span<const float> frequencies, float* out);

float dot(const float* a, const float* b, std::int64_t size);

}  // namespace molbridge::nn
