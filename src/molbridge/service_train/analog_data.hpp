#pragma once
// The library of known spectra that comes with a bridge (retrieve/analogs.hpp): some of those that it is trained on. Keys [analogs] of a config.

#include "molbridge/core/config.hpp"
#include "molbridge/encoders/molecule_encoder.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::service_train {

struct AnalogSettings {
  double weight = 0;                      ///< beside the bridge's own direction; 0: there is no library
  std::int64_t spectra_per_molecule = 3;  ///< evenly spaced over its spectra
  std::int64_t peaks = 30;                ///< the strongest of a spectrum
};

/// Errors: kUsage.
AnalogSettings read_analogs(const Config& config);
/// Nothing where there is no library: runs of older configs keep their digest.
void write_analogs(const AnalogSettings& settings, ConfigWriter& out);

/// Keys analogs.*, search.*, target.width and the tensors of the library; nothing without one. Molecules stand in the order of the dataset.
/// Requires an encoder that gives bits.
void write_analog_library(const AnalogSettings& settings, const train::SpectrumDataset& dataset,
                          const encoders::MoleculeEncoder& encoder, nn::ModelFolderWriter& writer);

}  // namespace molbridge::service_train
