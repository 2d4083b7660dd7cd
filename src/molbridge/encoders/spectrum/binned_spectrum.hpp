#pragma once
// Binned spectrum: the input of the Fingerprint FFN baseline. Square-root intensities in m/z bins and neutral-loss bins that
// occurred in training, followed by what is known of the ion: mode, adduct, precursor m/z; and, where the options ask for them, collision
// energy and analyser, and how near each peak and loss lies to a vocabulary of exact masses.
//
// The features are sparse (tens of thousands of possible bins, tens of peaks). A vector depends on its spectrum alone.
// Source: "Fingerprint FFN" of the SpecBridge tables and MassSpecGym, there with 1-Da bins; bins and losses here are finer.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/encoders/spectrum/exact_masses.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"

namespace molbridge::encoders {

struct BinnedSpectrumOptions {
  double bin_width = 0.1;           ///< Th; 0.01 to 10
  double max_mz = 1500;             ///< peaks above are left out
  double max_loss = 500;            ///< neutral losses (precursor m/z - peak m/z) above are left out
  int max_peaks = 200;              ///< the most intense ones are kept; 0: none, for the control that sees no spectrum
  int max_features = 6000;          ///< bins kept, those seen in the most training molecules
  int min_molecules = 3;            ///< a bin seen in fewer training molecules is dropped
  bool acquisition = false;         ///< collision energy and analyser are inputs
  int max_exact_peaks = 0;          ///< size of the vocabulary of exact m/z
  int max_exact_losses = 0;         ///< of exact neutral losses
  double exact_ppm = 5;             ///< tolerance of exact m/z, at least exact_floor; 1 to 100
  double exact_floor = 0.0015;      ///< Th; 1e-4 to 0.1
  double exact_loss_width = 0.003;  ///< tolerance of exact losses, Th; two errors meet in a difference
};

/// Feature index and value, ascending by index, no index twice.
struct SparseFeature {
  std::int32_t index = 0;
  float value = 0;
};

/// Exact masses that are features of their own; empty where the options ask for none.
struct ExactVocabulary {
  std::vector<double> peaks, losses;  ///< Th, ascending
};

/// Threads: const use is safe.
class BinnedSpectrum {
 public:
  /// `peak_bins` and `loss_bins` ascending; `adducts` canonical spellings that have a feature of their own.
  BinnedSpectrum(const BinnedSpectrumOptions& options, std::vector<std::int32_t> peak_bins,
                 std::vector<std::int32_t> loss_bins, std::vector<std::string> adducts,
                 ExactVocabulary vocabulary = {});

  const BinnedSpectrumOptions& options() const { return options_; }
  const std::vector<std::int32_t>& peak_bins() const { return peak_bins_; }
  const std::vector<std::int32_t>& loss_bins() const { return loss_bins_; }
  const std::vector<std::string>& adducts() const { return adducts_; }
  const std::vector<double>& exact_peaks() const { return exact_peaks_.masses(); }
  const std::vector<double>& exact_losses() const { return exact_losses_.masses(); }
  /// F: peak bins, loss bins, adducts + 1 (other or unknown), 3 ion modes, precursor known, precursor bands, precursor value; then analysers,
  /// energy known, bands of normalised energy and of eV; then exact m/z, exact losses.
  std::int64_t num_features() const;

  std::vector<SparseFeature> encode(const SpectrumInput& input) const;

 private:
  void append_context(const SpectrumInput& input, std::vector<SparseFeature>& out) const;
  void append_acquisition(const SpectrumInput& input, std::vector<SparseFeature>& out) const;
  void append_exact(const SpectrumInput& input, std::vector<SparseFeature>& out) const;
  std::int32_t acquisition_base() const;
  std::int32_t exact_base() const;
  BinnedSpectrumOptions options_;
  std::vector<std::int32_t> peak_bins_, loss_bins_;
  std::vector<std::string> adducts_;
  std::unordered_map<std::int32_t, std::int32_t> peak_index_, loss_index_;
  std::map<std::string, std::int32_t, std::less<>> adduct_index_;
  ExactMasses exact_peaks_, exact_losses_;
};

/// Chooses the bins and adducts from training spectra: those seen in the most molecules (not spectra: replicates of one
/// compound must not buy it features). Deterministic; ties by bin number.
class BinnedSpectrumBuilder {
 public:
  explicit BinnedSpectrumBuilder(const BinnedSpectrumOptions& options);
  void add(const SpectrumInput& input, std::uint64_t molecule);
  BinnedSpectrum build() const;

 private:
  BinnedSpectrumOptions options_;
  std::map<std::pair<int, std::int32_t>, std::set<std::uint64_t>> molecules_of_bin_;  ///< kind 0 peak, 1 loss
  std::map<std::string, std::set<std::uint64_t>> molecules_of_adduct_;
  ExactMassBuilder exact_peaks_, exact_losses_;
};

}  // namespace molbridge::encoders
