#pragma once
// Binned spectrum: the input of the Fingerprint FFN baseline. Square-root intensities in m/z bins and neutral-loss bins that
// occurred in training, followed by what is known of the ion: mode, adduct, precursor m/z.
//
// The features are sparse (tens of thousands of possible bins, tens of peaks). A vector depends on its spectrum alone.
// Source: "Fingerprint FFN" of the SpecBridge tables and MassSpecGym, there with 1-Da bins; bins and losses here are finer.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "molbridge/encoders/spectrum/spectrum_input.hpp"

namespace molbridge::encoders {

struct BinnedSpectrumOptions {
  double bin_width = 0.1;   ///< Th; 0.01 to 10
  double max_mz = 1500;     ///< peaks above are left out
  double max_loss = 500;    ///< neutral losses (precursor m/z - peak m/z) above are left out
  int max_peaks = 200;      ///< the most intense ones are kept
  int max_features = 6000;  ///< bins kept, those seen in the most training molecules
  int min_molecules = 3;    ///< a bin seen in fewer training molecules is dropped
};

/// Feature index and value, ascending by index, no index twice.
struct SparseFeature {
  std::int32_t index = 0;
  float value = 0;
};

/// Threads: const use is safe.
class BinnedSpectrum {
 public:
  /// `peak_bins` and `loss_bins` ascending; `adducts` canonical spellings that have a feature of their own.
  BinnedSpectrum(const BinnedSpectrumOptions& options, std::vector<std::int32_t> peak_bins,
                 std::vector<std::int32_t> loss_bins, std::vector<std::string> adducts);

  const BinnedSpectrumOptions& options() const { return options_; }
  const std::vector<std::int32_t>& peak_bins() const { return peak_bins_; }
  const std::vector<std::int32_t>& loss_bins() const { return loss_bins_; }
  const std::vector<std::string>& adducts() const { return adducts_; }
  /// F: peak bins, loss bins, adducts + 1 (other or unknown), 3 ion modes, precursor known, precursor bands, precursor value.
  std::int64_t num_features() const;

  std::vector<SparseFeature> encode(const SpectrumInput& input) const;

 private:
  void append_context(const SpectrumInput& input, std::vector<SparseFeature>& out) const;
  BinnedSpectrumOptions options_;
  std::vector<std::int32_t> peak_bins_, loss_bins_;
  std::vector<std::string> adducts_;
  std::unordered_map<std::int32_t, std::int32_t> peak_index_, loss_index_;
  std::map<std::string, std::int32_t, std::less<>> adduct_index_;
};

/// Chooses the bins and adducts from training spectra: those seen in the most molecules (not spectra: replicates of one
/// compound must not buy it features). Deterministic; ties by bin number.
class BinnedSpectrumBuilder {
 public:
  explicit BinnedSpectrumBuilder(const BinnedSpectrumOptions& options) : options_(options) {}
  void add(const SpectrumInput& input, std::uint64_t molecule);
  BinnedSpectrum build() const;

 private:
  BinnedSpectrumOptions options_;
  std::map<std::pair<int, std::int32_t>, std::set<std::uint64_t>> molecules_of_bin_;  ///< kind 0 peak, 1 loss
  std::map<std::string, std::set<std::uint64_t>> molecules_of_adduct_;
};

}  // namespace molbridge::encoders
