#pragma once
// Spectra with known structures, read for training: every SMILES standardised once, every molecule once.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/spectrum/spectrum_input.hpp"

namespace molbridge::train {

struct DatasetMolecule {
  std::string inchikey14;
  std::string smiles;   ///< standardised
  std::string formula;  ///< Hill
  double mass = 0;      ///< monoisotopic, u
};

struct DatasetSpectrum {
  std::vector<spectra::Peak> peaks;  ///< at most `max_peaks`, the strongest, ascending m/z
  double precursor_mz = 0;
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
  std::string adduct;
  std::size_t molecule = 0;
  spectra::Acquisition acquisition = {};

  encoders::SpectrumInput input() const { return {peaks, precursor_mz, ion_mode, adduct, acquisition}; }
};

/// Totals that add up: read == used + skipped (by reason).
struct DatasetCounts {
  std::uint64_t read = 0;
  std::uint64_t used = 0;
  std::map<std::string, std::uint64_t> skipped;
};

struct SpectrumDataset {
  std::vector<DatasetMolecule> molecules;  ///< by InChIKey first block, in order of first appearance
  std::vector<DatasetSpectrum> spectra;
  DatasetCounts counts;
};

struct DatasetOptions {
  std::vector<std::string> files;
  int max_peaks = 200;
  std::size_t threads = 1;
};

/// Errors: kInput for unreadable files; kUsage when nothing is left. Cost: memory of the strongest peaks of all spectra.
SpectrumDataset load_spectrum_dataset(const DatasetOptions& options, Progress& progress);

/// Takes the spectra of a share of the formulas out of `dataset` and returns them: no formula stands in both. Molecules without spectra are dropped
/// from either. Deterministic in `seed`. Counts stay those of the files.
SpectrumDataset split_off_formulas(SpectrumDataset& dataset, double share, std::uint64_t seed);

/// Which of `folds` parts of the data a formula belongs to: by its hash alone, so that everything that needs vectors of models that did not
/// learn from it can tell which one. Requires folds >= 1, a Hill formula.
std::int64_t fold_of_formula(std::string_view formula, std::int64_t folds);

/// The same data with only the spectra that `keep` accepts; the others are counted under `reason`.
void keep_spectra(SpectrumDataset& dataset, const std::function<bool(const DatasetSpectrum&)>& keep,
                  const std::string& reason);

/// InChIKey first blocks of the structures in spectrum files. For the check that a held-out file shares no compound.
std::vector<std::string> compounds_of(const std::vector<std::string>& files, std::size_t threads, Progress& progress);

/// Errors: kUsage naming the first compound that stands in both and how many do.
void require_disjoint(const SpectrumDataset& training, const std::vector<std::string>& held_out_compounds);

}  // namespace molbridge::train
