#pragma once
// Use case: spectra of known molecules -> a model that ranks by the nearest of them (kind "library-search"). docs/evaluation.md.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"

namespace molbridge::service {

/// Texts as a command line or a config gives them; build_library_model checks them.
struct LibraryBuildOptions {
  std::vector<std::string> spectra;   ///< with SMILES
  std::vector<std::string> held_out;  ///< spectra files whose compounds must not be in the library
  std::string output;                 ///< model folder
  std::string name;                   ///< empty: library-SIMILARITY
  std::string licence;
  std::string encoder = encoders::kDefaultEncoder;  ///< the molecule space
  std::string similarity = "cosine";
  std::string tolerance = "0.02 Da";
  double mz_power = 0;
  double intensity_power = 0.5;
  bool remove_precursor = false;
  std::uint64_t neighbours = 1;
  std::uint64_t min_matched_peaks = 1;
  bool any_ion_mode = false;
  std::string precursor_window;  ///< empty: precursors may differ
  bool force = false;            ///< replace a model folder that stands there
  std::size_t threads = 1;
};

/// Totals that add up: read == spectra + unlabelled + skipped.
struct LibraryBuildReport {
  std::string folder, digest;
  std::uint64_t read = 0, spectra = 0, molecules = 0, peaks = 0;
  std::uint64_t unlabelled = 0;                                     ///< name no structure
  std::vector<std::pair<std::string, std::uint64_t>> skip_reasons;  ///< unusable spectra and structures
};

/// Errors: kUsage (options; a compound of `held_out` in the library; no usable spectrum), kInput, kModel (encoder), kOutput. Memory: all spectra.
LibraryBuildReport build_library_model(const LibraryBuildOptions& options, Progress& progress);

}  // namespace molbridge::service
