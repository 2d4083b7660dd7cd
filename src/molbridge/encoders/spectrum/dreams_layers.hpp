#pragma once
// Parts of the DreaMS network with their weights packed. Private to encoders. All compute on the calling thread and are const after loading.

#include <optional>
#include <string>
#include <vector>

#include "molbridge/encoders/spectrum/dreams_config.hpp"
#include "molbridge/nn/linear.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {

/// Where the tensors of a network are and how they are to be packed.
struct DreamsSource {
  const nn::Weights& weights;
  const DreamsConfig& config;
  nn::Precision precision;
  std::string prefix;

  /// Throws kModel: the tensors below `part` do not fit the network.
  [[noreturn]] void refuse(const std::string& part, const std::string& reason) const;
};

/// LayerNorm, or ScaleNorm: x * g / max(|x|, 1e-5).
class DreamsNorm {
 public:
  static DreamsNorm load(const DreamsSource& source, const std::string& key);
  /// Shapes: x, y [rows, D]; x may be y.
  void apply(const float* x, std::int64_t rows, float* y) const;

 private:
  std::int64_t width_ = 0;
  std::vector<float> weight_, bias_;
  std::optional<float> scale_;
};

/// Linear layers with ReLU behind each.
class DreamsChain {
 public:
  /// `part`: "ff_peak". Empty where the network lacks it.
  static DreamsChain load(const DreamsSource& source, const std::string& part, std::int64_t inputs);
  bool empty() const { return layers_.empty(); }
  std::int64_t outputs() const { return layers_.empty() ? 0 : layers_.back().outputs(); }
  std::uint64_t memory() const;
  /// Shapes: x [rows, inputs]; returns [rows, outputs].
  std::vector<float> forward(std::vector<float> x, std::int64_t rows) const;

 private:
  std::vector<nn::Linear> layers_;
};

/// One block. `query`, `key_value` replace `projection` in the last layer of encoders that want the first token alone.
struct DreamsLayer {
  std::optional<nn::Linear> projection, query, key_value, output;
  std::optional<nn::FeedForward> feed_forward;
  DreamsNorm attention_norm, feed_forward_norm;
  std::vector<float> graphormer;  ///< [heads, d] of parametrised differences, else empty
  std::vector<float> additive;    ///< [heads, head width] of additive_v, else empty

  static DreamsLayer load(const DreamsSource& source, std::int64_t index, bool split_query);
  std::uint64_t memory() const;
};

}  // namespace molbridge::encoders
