#include "molbridge/service_train/analog_data.hpp"

#include <algorithm>

#include "molbridge/retrieve/analogs.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/spectra/strongest.hpp"

namespace molbridge::service_train {
namespace {

std::vector<retrieve::LibrarySpectrum> choose_spectra(const AnalogSettings& settings,
                                                      const train::SpectrumDataset& dataset) {
  std::vector<std::vector<std::size_t>> of_molecule(dataset.molecules.size());
  for (std::size_t i = 0; i < dataset.spectra.size(); ++i) of_molecule[dataset.spectra[i].molecule].push_back(i);
  std::vector<retrieve::LibrarySpectrum> out;
  for (std::size_t m = 0; m < of_molecule.size(); ++m) {
    const auto& all = of_molecule[m];
    const std::size_t count = std::min(all.size(), static_cast<std::size_t>(settings.spectra_per_molecule));
    for (std::size_t k = 0; k < count; ++k) {
      const train::DatasetSpectrum& spectrum = dataset.spectra[all[k * all.size() / count]];
      std::vector<spectra::Peak> peaks = spectrum.peaks;
      spectra::keep_strongest(peaks, static_cast<std::size_t>(settings.peaks));
      out.push_back({std::move(peaks), spectrum.precursor_mz, spectrum.ion_mode, static_cast<std::uint32_t>(m)});
    }
  }
  return out;
}

}  // namespace

AnalogSettings read_analogs(const Config& config) {
  const ConfigReader read(config);
  AnalogSettings out;
  out.weight = read.number("analogs.weight", out.weight, 0, 100);
  if (out.weight == 0) return out;
  out.spectra_per_molecule = read.integer("analogs.spectra_per_molecule", out.spectra_per_molecule, 1, 1 << 20);
  out.peaks = read.integer("analogs.peaks", out.peaks, 1, 1 << 16);
  return out;
}

void write_analogs(const AnalogSettings& settings, ConfigWriter& out) {
  if (settings.weight == 0) return;
  out.number("analogs.weight", settings.weight);
  out.integer("analogs.spectra_per_molecule", settings.spectra_per_molecule);
  out.integer("analogs.peaks", settings.peaks);
}

void write_analog_library(const AnalogSettings& settings, const train::SpectrumDataset& dataset,
                          const encoders::MoleculeEncoder& encoder, nn::ModelFolderWriter& writer) {
  if (settings.weight == 0) return;
  retrieve::SpectrumLibrary library;
  library.settings = retrieve::analog_settings();
  library.spectra = choose_spectra(settings, dataset);
  library.molecules = dataset.molecules.size();
  library.width = encoder.width();
  const std::size_t bytes = library.width / 8;
  library.bits.resize(library.molecules * bytes);
  for (std::size_t m = 0; m < library.molecules; ++m)
    encoder.encode_bits(chem::Molecule::from_smiles(dataset.molecules[m].smiles).value(),
                        std::span(library.bits).subspan(m * bytes, bytes));
  writer.manifest.number(retrieve::kAnalogWeightKey, settings.weight);
  retrieve::write_spectrum_library(library, writer, retrieve::PeakFormat::kCompact);
}

}  // namespace molbridge::service_train
