#pragma once
// What a spectrum encoder looks at, and how it is taken from a spectrum as read.

#include <span>
#include <string>

#include "molbridge/mass/adduct.hpp"
#include "molbridge/spectra/acquisition.hpp"
#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::encoders {

/// precursor_mz 0 and adduct "" mean unknown. The peaks are a view: the spectrum must outlive the input.
struct SpectrumInput {
  std::span<const spectra::Peak> peaks;
  double precursor_mz = 0;  ///< Th
  mass::IonMode ion_mode = mass::IonMode::kUnknown;
  std::string adduct;  ///< canonical spelling (mass::Adduct::str())
  spectra::Acquisition acquisition = {};
};

/// Takes what the file says and guesses nothing: an adduct that does not parse is unknown; the ion mode follows from the field, else
/// from the adduct, else from the charge. The same function serves training and evaluation.
SpectrumInput spectrum_input(const spectra::Spectrum& spectrum);

}  // namespace molbridge::encoders
