#pragma once
// DreaMS: a transformer over the peaks of a spectrum. Source: Bushuiev et al., DreaMS; released checkpoints ssl_model.ckpt (embedding: the
// precursor token) and embedding_model.ckpt (embedding: a linear head on it). Format page: docs/formats/dreams.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/encoders/spectrum/dreams_config.hpp"
#include "molbridge/nn/precision.hpp"
#include "molbridge/nn/weights.hpp"

namespace molbridge::encoders {

/// How a spectrum becomes tokens, and tokens a vector.
enum class DreamsInput {
  kDreams,  ///< DreaMS' own: n highest peaks, intensities relative to the highest, a precursor token (m/z, 1.1) first, padded to n + 1
            ///< tokens; the vector is the precursor token's
  kSpecBridge,  ///< released SpecBridge: all peaks as they are, no precursor token, padded; the vector is the mean over the peaks
};
/// "dreams", "specbridge". Errors: kUsage with the list.
DreamsInput parse_dreams_input(std::string_view text);
std::string_view name(DreamsInput input);

struct DreamsOptions {
  nn::Precision precision = nn::Precision::kFloat32;
  DreamsInput input = DreamsInput::kDreams;
  std::int64_t peaks = 100;    ///< n of kDreams; the length that kSpecBridge pads to where the spectrum names none
  bool use_head = true;        ///< where the checkpoint has one
  bool padding_tokens = true;  ///< as published; false for networks trained here, whose keys never were padding
};

/// One token of the network's input; m/z 0 is padding.
struct DreamsPeak {
  float mz = 0, intensity = 0;
};

/// Peaks as a spectrum has them: any order and scale. Units: Th.
struct DreamsSpectrum {
  std::span<const double> mz, intensity;
  double precursor_mz = 0;
  /// kSpecBridge: length of the longest spectrum of the batch that is imitated; 0: DreamsOptions::peaks.
  std::int64_t padded_to = 0;
};

struct DreamsTokens {
  std::vector<DreamsPeak> peaks;
  std::int64_t pads = 0;  ///< padding tokens behind them
};

/// The precursor that a network trained here is given: the one that is known, else (0) the largest m/z of the peaks, so that every spectrum has a
/// vector. Published networks have seen no such spectra.
double dreams_precursor(std::span<const double> mz, double precursor_mz);

/// What the network sees of a spectrum. Requires at least one peak of positive intensity, and a precursor for kDreams.
DreamsTokens dreams_tokens(const DreamsSpectrum& spectrum, const DreamsOptions& options);

/// Threads: const use is safe. A vector depends on its spectrum alone: not on its neighbours, nor on the threads, to the bit.
class DreamsEncoder {
 public:
  virtual ~DreamsEncoder() = default;
  /// `prefix` stands before every key of the backbone ("backbone.", "spec.dreams."); the head, if any, is "head.*". The weights may go
  /// afterwards. Errors: kModel naming the file and the key.
  static std::shared_ptr<const DreamsEncoder> open(const nn::Weights& weights, const DreamsConfig& config,
                                                   const DreamsOptions& options, const std::string& prefix = "");

  virtual std::int64_t width() const = 0;
  virtual const DreamsOptions& options() const = 0;
  /// Bytes of packed weights.
  virtual std::uint64_t memory() const = 0;
  /// Shapes: out [spectra, D].
  virtual void embed(std::span<const DreamsSpectrum> spectra, std::size_t threads, std::span<float> out) const = 0;
  /// After the last normalisation, for tests and analysis. Shapes: [peaks, or peaks + 1 with a padding token last, backbone width].
  virtual std::vector<float> hidden_states(const DreamsTokens& tokens) const = 0;
};

}  // namespace molbridge::encoders
