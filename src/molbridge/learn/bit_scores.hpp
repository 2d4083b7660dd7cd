#pragma once
// Scores of molecules given by the positions of their on bits: what ranking by cosine with a fingerprint computes, without a dense row per molecule.

#include <cstdint>
#include <vector>

#include "molbridge/learn/tensors.hpp"

namespace molbridge::learn {

/// Lists of bits one after another; list i holds bits[offsets[i]] up to bits[offsets[i + 1]].
struct BitLists {
  std::vector<std::int32_t> bits;
  std::vector<std::int64_t> offsets{0};

  void add(const std::vector<std::int32_t>& list) {
    bits.insert(bits.end(), list.begin(), list.end());
    offsets.push_back(static_cast<std::int64_t>(bits.size()));
  }
  std::int64_t size() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
};

/// s[b, c] = sum of z[b, d] over the bits d of list b * C + c, divided by the square root of their number: the cosine with the fingerprint times
/// the length of z, which is the same for all candidates of a query. An empty list scores 0. Has a gradient by z; float32 or float64.
/// Shapes: z [B, D]; B * C lists with bits in [0, D); returns [B, C]. Cost: one addition per bit, forward and backward.
torch::Tensor bit_scores(const torch::Tensor& z, const BitLists& lists);

}  // namespace molbridge::learn
