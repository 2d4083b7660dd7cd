#pragma once
// Spectra for self-supervised training: no structure is needed, but where one is known it keeps held-out compounds out.

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/encoders/spectrum/dreams.hpp"

namespace molbridge::train {

/// By what a held-out compound is recognised.
enum class Exclusion {
  kInchikey,  ///< first block
  kFormula,   ///< of the molecule
};
/// "inchikey", "formula". Errors: kUsage with the list.
Exclusion parse_exclusion(std::string_view text);
std::string_view name(Exclusion exclusion);

struct PretrainingOptions {
  std::vector<std::string> files;
  std::vector<std::string> exclude;  ///< spectrum files whose compounds are left out
  Exclusion exclude_by = Exclusion::kFormula;
  /// Of spectra that say nothing of their compound. With files to exclude it should be false: such a spectrum may be one of theirs.
  bool keep_unknown = true;
  std::int64_t max_peaks = 60, min_peaks = 3;
  double validation_share = 0.05;  ///< of the formulas, or of the spectra that have none
  std::uint64_t seed = 1;          ///< of the validation share
  std::size_t threads = 1;
};

struct PretrainingSpectrum {
  encoders::DreamsTokens tokens;  ///< precursor first, then the strongest peaks; no padding
  float rt_seconds = std::numeric_limits<float>::quiet_NaN();
  std::int32_t file = 0;      ///< of PretrainingOptions::files
  std::int64_t compound = 0;  ///< the same for spectra of one InChIKey first block; its own where none is known
};

/// read == training + validation + skipped (by reason).
struct PretrainingSpectra {
  std::vector<PretrainingSpectrum> training, validation;
  std::uint64_t read = 0;
  std::map<std::string, std::uint64_t> skipped;
  std::uint64_t compounds = 0;  ///< known ones of training and validation
};

/// Errors: kInput for unreadable files; kUsage when nothing is left to train on; kCancelled. Memory: the strongest peaks of all spectra.
PretrainingSpectra load_pretraining_spectra(const PretrainingOptions& options, Progress& progress);

}  // namespace molbridge::train
