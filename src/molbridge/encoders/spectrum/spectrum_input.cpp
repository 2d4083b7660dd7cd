#include "molbridge/encoders/spectrum/spectrum_input.hpp"

namespace molbridge::encoders {

SpectrumInput spectrum_input(const spectra::Spectrum& spectrum) {
  SpectrumInput input;
  input.peaks = spectrum.peaks;
  input.precursor_mz = spectrum.precursor_mz.value_or(0);
  input.ion_mode = spectrum.ion_mode;
  input.acquisition = spectra::acquisition(spectrum);
  if (!spectrum.adduct.empty()) {
    if (const auto adduct = mass::Adduct::parse(spectrum.adduct, spectrum.ion_mode)) {
      input.adduct = adduct->str();
      if (input.ion_mode == mass::IonMode::kUnknown) input.ion_mode = adduct->ion_mode();
    }
  }
  if (input.ion_mode == mass::IonMode::kUnknown && spectrum.charge != 0) {
    input.ion_mode = spectrum.charge > 0 ? mass::IonMode::kPositive : mass::IonMode::kNegative;
  }
  return input;
}

}  // namespace molbridge::encoders
