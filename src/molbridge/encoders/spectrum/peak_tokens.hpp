#pragma once
// A spectrum as a set of tokens (m/z, intensity), the precursor among them: the input of the DeepSets baselines.
// Source: MassSpecGym's SpecTokenizer. There a set is padded with (0, 0) to 61 tokens, which a sum over tokens counts; here it is not padded.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::encoders {

struct PeakTokenOptions {
  double min_mz = 10;      ///< Th; peaks below are left out
  double max_mz = 1000;    ///< Th; peaks above are left out
  double mz_scale = 1000;  ///< Th; divides m/z where it is a number itself
  int max_peaks = 60;      ///< the highest are kept
  bool precursor = true;   ///< (precursor m/z, 1.1) is the first token where it is known
};

struct PeakToken {
  double mz = 0;        ///< Th
  float intensity = 0;  ///< highest peak of the window 1, precursor 1.1
};

/// Precursor, then peaks by ascending m/z; of equal peaks at the cut those of lower m/z stay. `precursor_mz` 0 means unknown.
std::vector<PeakToken> peak_tokens(std::span<const spectra::Peak> peaks, double precursor_mz,
                                   const PeakTokenOptions& options);

/// Sines and cosines of m/z at fixed periods.
struct MzFourierOptions {
  enum class Periods {
    kDreams,     ///< 2e-4 Th to 0.9998 Th in steps of 2e-4 Th, then 2 to 999 Th in steps of 1: 5,997 of them
    kGeometric,  ///< `count` of them from shortest to longest, each the same factor above the last
  };
  Periods periods = Periods::kGeometric;
  std::int64_t count = 128;
  double shortest = 0.005, longest = 1000;  ///< Th
};

/// Frequencies in 1/Th. Thread-safe: const use.
class MzFourier {
 public:
  explicit MzFourier(const MzFourierOptions& options);
  const MzFourierOptions& options() const { return options_; }
  std::int64_t width() const { return 2 * static_cast<std::int64_t>(frequencies_.size()); }
  /// Cosines, then sines, of 2 pi mz f. The phase is reduced in float64: float32 has no digits left for it at 1000 Th.
  /// Shapes: out [width()].
  void encode(double mz, std::span<float> out) const;

 private:
  MzFourierOptions options_;
  std::vector<double> frequencies_;
};

/// What a token is for a network: m/z / mz_scale and intensity, then the Fourier features if there are any. `fourier` null: none.
/// Shapes: returns [tokens, 2 + fourier.width()].
std::vector<float> token_features(std::span<const PeakToken> tokens, const PeakTokenOptions& options,
                                  const MzFourier* fourier);

/// [input] of a training config or a manifest: input.min_mz, max_mz, mz_scale, max_peaks, precursor; input.fourier_periods, fourier_count,
/// fourier_shortest, fourier_longest. Errors: kUsage or kModel as the config says, naming key and range.
PeakTokenOptions read_peak_token_options(const Config& config);
MzFourierOptions read_mz_fourier_options(const Config& config);
void write_peak_token_options(const PeakTokenOptions& options, ConfigWriter& out);
void write_mz_fourier_options(const MzFourierOptions& options, ConfigWriter& out);

}  // namespace molbridge::encoders
