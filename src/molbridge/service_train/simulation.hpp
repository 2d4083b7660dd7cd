#pragma once
// More molecules than were ever measured: spectra of molecules of the decoys' bank as a fragment network expects them, under conditions of measured spectra.
// Keys [simulated] of a config.

#include <string>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/rerank/fragment_scorer.hpp"
#include "molbridge/service_train/job.hpp"
#include "molbridge/train/hard_negatives.hpp"
#include "molbridge/train/simulated_spectra.hpp"

namespace molbridge::service_train {

struct SimulationSettings {
  std::string fragments;  ///< folder of a fragment network; "": nothing is simulated
  std::int64_t spectra = 100'000;
  double ppm_error = 3;              ///< standard deviation of an m/z
  double log_intensity_error = 0.5;  ///< standard deviation of the natural logarithm of an intensity
};

/// Errors: kUsage.
SimulationSettings read_simulation(const Config& config);
void write_simulation(const SimulationSettings& settings, ConfigWriter& out);

/// Each is made of a molecule drawn from the negatives of a training molecule, which is of its mass, and a spectrum of the latter, which lends ion,
/// energy, analyser, number of peaks and what stands at the precursor. Molecules count the same, not spectra. Follows from the seed.
/// Cost: some 1 ms of one thread each. Errors: kModel, kCancelled.
train::SimulatedSpectra simulate_spectra(const SimulationSettings& settings, const train::SpectrumDataset& measured,
                                         const train::HardNegatives& negatives, const JobContext& context);

}  // namespace molbridge::service_train
