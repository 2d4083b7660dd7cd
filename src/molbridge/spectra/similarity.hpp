#pragma once
// How alike two spectra are, by their peaks: cosine, modified cosine, neutral-loss cosine, entropy similarity.
//
// A spectrum is prepared once (peaks weighted and scaled, what does not count left out), and then compared with many. Every
// similarity is between 0 and 1, 1 for a spectrum and itself, and the same in both directions. Tests compare with the packages
// matchms 0.29 and ms_entropy 1.5. Threads: const use is safe; a scratch belongs to one thread.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "molbridge/mass/tolerance.hpp"
#include "molbridge/spectra/peak_window.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

enum class SimilarityKind {
  kCosine,          ///< peaks at the same m/z
  kModifiedCosine,  ///< at the same m/z, or at the same distance from the precursor: for analogues
  kNeutralLoss,     ///< at the same distance from the precursor alone
  kEntropy,         ///< what two cleaned spectra share, by their entropies (entropy.hpp)
};
/// "cosine", "modified-cosine", "neutral-loss", "entropy".
std::string_view name(SimilarityKind kind);
/// Errors: kUsage with the list.
SimilarityKind parse_similarity(std::string_view text);

struct SimilarityOptions {
  SimilarityKind kind = SimilarityKind::kCosine;
  mass::Tolerance tolerance = mass::Tolerance::dalton(0.02);  ///< ppm are of the higher m/z of a pair
  double mz_power = 0;         ///< of the cosines: weight = mz^mz_power * intensity^intensity_power; -10 to 10
  double intensity_power = 1;  ///< above 0, at most 10
  /// Peaks from 1.6 Th below the precursor upward do not count.
  bool remove_precursor = false;
};

/// Peaks as they are compared, owned elsewhere. Weights have length 1 (cosines) or sum 1 (entropy).
struct PreparedView {
  std::span<const double> mz;  ///< Th, ascending
  std::span<const double> weight;
  double precursor_mz = 0;  ///< Th; 0 is unknown
};

struct PreparedSpectrum {
  std::vector<double> mz, weight;
  double precursor_mz = 0;
  operator PreparedView() const { return {mz, weight, precursor_mz}; }  // NOLINT: a view, as of a vector
};

struct SimilarityScore {
  double score = 0;
  std::uint32_t matched_peaks = 0;
};

/// Memory that comparisons use again and again.
class SimilarityScratch {
 private:
  friend class Similarity;
  struct Pair {
    double product;
    std::uint32_t a, b;   // peaks
    std::uint32_t found;  // which pair it was, counted in the order of finding
  };
  /// The largest product first where a peak stands in two pairs; else the order does not matter. No peak is used afterwards.
  void sort_if_in_conflict(std::size_t peaks_a, std::size_t peaks_b);

  std::vector<Pair> pairs_;
  std::vector<std::uint8_t> used_a_, used_b_;
};

class Similarity {
 public:
  /// Errors: kUsage for powers out of range and for more than 100,000 ppm.
  explicit Similarity(const SimilarityOptions& options);

  /// Requires peaks in ascending m/z, as readers give them. Without precursor (0) a neutral-loss spectrum is empty. Peaks that are no finite,
  /// positive numbers are left out.
  PreparedSpectrum prepare(std::span<const Peak> sorted_peaks, double precursor_mz) const;

  /// Cosines: pairs of peaks within the tolerance, the largest product first, each peak used once (greedy; of equal products the pair found
  /// last). Modified cosine: with pairs at the difference of the precursors as well, unless that is within the tolerance or one is unknown.
  /// Entropy: pairs in ascending m/z. No peaks: 0. Cost: peaks of both, plus the sort of conflicting pairs.
  SimilarityScore compare(const PreparedView& a, const PreparedView& b, SimilarityScratch& scratch) const;

  const SimilarityOptions& options() const { return options_; }
  const PeakWindow& window() const { return window_; }
  bool needs_precursor() const {
    return options_.remove_precursor || options_.kind == SimilarityKind::kModifiedCosine ||
           options_.kind == SimilarityKind::kNeutralLoss;
  }
  /// Whether peaks of these precursors (Th; 0 is unknown) may also match at the difference of the precursors.
  bool shifts(double precursor_a, double precursor_b) const;

 private:
  double max_mz(double precursor_mz) const;
  void collect(const PreparedView& a, const PreparedView& b, double shift, SimilarityScratch& scratch) const;

  SimilarityOptions options_;
  PeakWindow window_;
};

/// Share of the entropy similarity that a pair of weights gives: ((a+b) log2 (a+b) - a log2 a - b log2 b) / 2.
double entropy_share(double weight_a, double weight_b);

}  // namespace molbridge::spectra
