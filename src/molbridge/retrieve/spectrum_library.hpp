#pragma once
// What a model of the kind "library-search" holds: spectra of known molecules, the molecules' vectors, and how spectra are compared.
// Format page: docs/formats/model.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/mass/adduct.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/spectra/spectrum_index.hpp"

namespace molbridge::retrieve {

inline constexpr char kLibrarySearchKind[] = "library-search";

struct LibrarySearchSettings {
  spectra::SimilarityOptions similarity;
  std::uint64_t neighbours = 1;                     ///< library spectra that a query's vector is made of
  std::uint32_t min_matched_peaks = 1;              ///< spectra that share fewer are no neighbours
  bool any_ion_mode = false;                        ///< false: where both ion modes are known, they must be the same
  std::optional<mass::Tolerance> precursor_window;  ///< absent: precursors may differ
};

struct LibrarySpectrum {
  std::vector<spectra::Peak> peaks;  ///< ascending m/z
  double precursor_mz = 0;           ///< Th; 0 is unknown
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
  std::uint32_t molecule = 0;
};

struct SpectrumLibrary {
  LibrarySearchSettings settings;
  std::vector<LibrarySpectrum> spectra;
  std::uint64_t molecules = 0;
  std::uint64_t width = 0;  ///< D
  /// Of the molecules: bits [molecules, D / 8] of a binary encoder (bit i in byte i/8 at position i%8), or floats [molecules, D]; the other
  /// is empty.
  std::vector<std::uint8_t> bits;
  std::vector<float> vectors;
};

/// How peaks are stored.
enum class PeakFormat {
  kExact,    ///< m/z in float64, intensity in float32: 12 bytes
  kCompact,  ///< m/z in float32 (0.06 ppm), intensity in 255 steps of its fourth root: 5 bytes; of the molecules' bits the places of those that are set
};

/// Adds settings and tensors; intensities relative to the highest peak. Requires spectra with molecule < molecules.
void write_spectrum_library(const SpectrumLibrary& library, nn::ModelFolderWriter& writer,
                            PeakFormat format = PeakFormat::kExact);
/// Errors: kModel for tensors of other shapes and types than they should have, peaks that do not
/// ascend or are not numbers, and molecules that are not there.
SpectrumLibrary read_spectrum_library(const nn::ModelFolder& folder);

/// Leaves the peaks to the index: those of the library are gone. Places are those of library.spectra.
spectra::SpectrumIndex make_index(SpectrumLibrary& library);

}  // namespace molbridge::retrieve
