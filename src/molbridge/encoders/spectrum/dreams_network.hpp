#pragma once
// The DreaMS transformer on packs: several spectra side by side without padding between them. Private to encoders.
//
// Exact shortcuts (facts: a difference s_i - s_j adds s_i to a whole row of scores, which softmax ignores; all padding tokens of a spectrum
// are the same in every layer): only -s_j is added per key, and the padding tokens of a spectrum are one token that counts as many times.
// Where only the first token is wanted, the last layer computes no other.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/encoders/spectrum/dreams.hpp"
#include "molbridge/encoders/spectrum/dreams_embedding.hpp"
#include "molbridge/encoders/spectrum/dreams_layers.hpp"

namespace molbridge::encoders {

struct DreamsPack {
  struct Sequence {
    std::int64_t begin = 0, size = 0;  ///< rows, its padding token (the last one, if any) included
    std::int64_t pads = 0;             ///< how often the padding token counts
  };
  std::vector<DreamsPeak> rows;
  std::vector<Sequence> sequences;

  void add(const DreamsTokens& tokens);
  std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
};

/// Threads: const use is safe; computes on the calling thread.
class DreamsNetwork {
 public:
  /// `first_only`: forward gives the first token of each sequence.
  DreamsNetwork(const DreamsSource& source, bool first_only);
  std::int64_t width() const { return config_.d_model(); }
  std::uint64_t memory() const;
  /// Shapes: returns [sequences, D] if first_only, else [rows, D].
  std::vector<float> forward(const DreamsPack& pack) const;

 private:
  struct State;
  void attend(const DreamsLayer& layer, const float* input, State& state, bool last) const;
  void project(const DreamsLayer& layer, const float* input, State& state) const;
  std::vector<float> key_bias(const DreamsLayer& layer, const State& state, const DreamsPack::Sequence& sequence) const;
  void add_differences(const DreamsLayer& layer, const State& state, const DreamsPack::Sequence& sequence,
                       std::vector<float>& bias) const;
  void add_additive_scores(const DreamsLayer& layer, const State& state, const DreamsPack::Sequence& sequence,
                           std::vector<float>& bias) const;
  void average_padding_rows(const State& state, const DreamsPack::Sequence& sequence, std::int64_t queries,
                            float* out) const;
  void run_layer(const DreamsLayer& layer, State& state, bool last) const;

  DreamsConfig config_;
  bool first_only_;
  DreamsEmbedding embedding_;
  std::vector<DreamsLayer> layers_;
  std::optional<DreamsNorm> final_norm_;
};

}  // namespace molbridge::encoders
