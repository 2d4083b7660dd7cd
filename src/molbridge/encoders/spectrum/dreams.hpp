#pragma once
// DreaMS: a transformer over the peaks of a spectrum. Source: Bushuiev et al., DreaMS; released checkpoints ssl_model.ckpt (embedding: the
// precursor token) and embedding_model.ckpt (embedding: a linear head on it). Format page: docs/formats/dreams.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/nn/precision.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {

/// How a spectrum becomes tokens.
enum class DreamsInput {
  kDreams,      ///< DreaMS' own: n highest peaks, intensities relative to the highest, a precursor token (m/z, 1.1) first; padded to n + 1
  kSpecBridge,  ///< released SpecBridge: all peaks as they are, no precursor token, padded to the longest of a batch
};

struct DreamsOptions {
  nn::Precision precision = nn::Precision::kFloat32;
  std::int64_t peaks = 100;                     ///< n of kDreams
  DreamsInput input = DreamsInput::kDreams;
  bool use_head = true;                         ///< where the checkpoint has one
};

struct DreamsConfig {
  std::int64_t layers = 7, heads = 8, d_fourier = 980, d_peak = 44, d_mz_token = 0;
  std::int64_t ff_fourier_depth = 5, ff_peak_depth = 1;
  double max_mz = 1000;
  bool graphormer = true, graphormer_parametrized = false, pre_norm = true, scale_norm = false;
  bool attention_bias = false, ff_bias = false;
  std::string attention = "dot-product";  ///< or additive_fixed, additive_v
  std::int64_t d_model() const { return d_fourier + d_peak + d_mz_token; }
};

/// One peak of the network's input.
struct DreamsPeak {
  float mz = 0, intensity = 0;
};

/// Peaks as a spectrum has them: any order and scale. Units: Th.
struct DreamsSpectrum {
  std::span<const double> mz, intensity;
  double precursor_mz = 0;
};

/// Section "Input" of the format page; without the padding. Requires at least one peak of positive intensity.
std::vector<DreamsPeak> dreams_tokens(const DreamsSpectrum& spectrum, const DreamsOptions& options);

/// Threads: const use is safe. A vector depends on its spectrum alone.
class DreamsEncoder {
 public:
  virtual ~DreamsEncoder() = default;
  /// From a released checkpoint, a TorchScript export, or a model folder. `prefix` is put before every key ("spec.dreams." for SpecBridge).
  /// Errors: kModel.
  static std::shared_ptr<const DreamsEncoder> open(const nn::Weights& weights, const DreamsConfig& config, const DreamsOptions& options,
                                                   const std::string& prefix = "");

  virtual std::string digest() const = 0;  ///< SHA-256 hex of weights, input convention and n; not of the precision
  virtual std::int64_t width() const = 0;
  /// Shapes: out [spectra, D]. Lengths are packed; pads are one weighted token.
  virtual void embed(std::span<const DreamsSpectrum> spectra, std::size_t threads, std::span<float> out) const = 0;
};

}  // namespace molbridge::encoders
