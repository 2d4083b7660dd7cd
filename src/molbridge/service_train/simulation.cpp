#include "molbridge/service_train/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/rng.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/threads.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/spectra/strongest.hpp"

namespace molbridge::service_train {
namespace {

/// A molecule to be measured, and the spectrum whose conditions it gets.
struct Draft {
  std::size_t lender = 0;
  std::uint64_t row = 0;
};

std::vector<Draft> draw_drafts(const SimulationSettings& settings, const train::SpectrumDataset& measured,
                               const train::HardNegatives& negatives, std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> spectra(measured.molecules.size());
  for (std::size_t i = 0; i < measured.spectra.size(); ++i) spectra[measured.spectra[i].molecule].push_back(i);
  std::vector<std::size_t> lenders;
  for (std::size_t m = 0; m < spectra.size(); ++m) {
    if (!spectra[m].empty() && !negatives.rows(m).empty()) lenders.push_back(m);
  }
  Rng rng(seed, "simulated spectra");
  std::vector<Draft> out;
  while (!lenders.empty() && out.size() < static_cast<std::size_t>(settings.spectra)) {
    const std::size_t molecule = lenders[rng.below(lenders.size())];
    const auto& rows = negatives.rows(molecule);
    out.push_back({spectra[molecule][rng.below(spectra[molecule].size())], rows[rng.below(rows.size())]});
  }
  return out;
}

class Simulator {
 public:
  Simulator(const SimulationSettings& settings, const rerank::FragmentScorer& scorer, std::uint64_t seed)
      : settings_(settings), scorer_(scorer), seed_(seed) {}

  /// Nullopt where the molecule or the ion cannot be taken apart. Follows from seed and `number`.
  std::optional<train::DatasetSpectrum> spectrum_of(const std::string& smiles, const train::DatasetSpectrum& lender,
                                                    double lender_mass, double mass, std::size_t number) const {
    const auto adduct = mass::Adduct::parse(lender.adduct, lender.ion_mode);
    if (!adduct || adduct->multiplicity() != 1) return std::nullopt;
    const auto structure = fragment::Structure::of_standardized(smiles);
    if (!structure) return std::nullopt;
    const double precursor = lender.precursor_mz + (mass - lender_mass) / std::abs(adduct->charge());
    const fragment::Observation conditions = fragment::observe(lender.peaks, lender.acquisition, precursor, *adduct);
    if (conditions.mz.empty()) return std::nullopt;
    const auto ions = scorer_.predict(conditions, fragment::take_apart(*structure));
    Rng rng(seed_, "simulated spectrum " + std::to_string(number));
    train::DatasetSpectrum out = lender;
    out.precursor_mz = precursor;
    out.peaks = peaks_of(ions, conditions.mz.size(), precursor - below_precursor_, rng);
    if (out.peaks.empty()) return std::nullopt;
    add_precursor_peaks(lender, precursor - lender.precursor_mz, out.peaks);
    return out;
  }

 private:
  /// The strongest `count`, the strongest of them at 1.
  std::vector<spectra::Peak> peaks_of(const std::vector<rerank::PredictedIon>& ions, std::size_t count, double highest,
                                      Rng& rng) const {
    std::vector<spectra::Peak> peaks;
    for (const auto& ion : ions) {
      const double mz = ion.mz * (1 + rng.normal() * settings_.ppm_error * 1e-6);
      const double intensity =
          ion.probability * ion.probability * std::exp(rng.normal() * settings_.log_intensity_error);
      if (mz < highest) peaks.push_back({mz, intensity});
    }
    std::sort(peaks.begin(), peaks.end(), [](const auto& a, const auto& b) { return a.mz < b.mz; });
    spectra::keep_strongest(peaks, count);
    double strongest = 0;
    for (const auto& peak : peaks) strongest = std::max(strongest, peak.intensity);
    for (auto& peak : peaks) peak.intensity /= strongest;
    std::erase_if(peaks,
                  [](const auto& peak) { return peak.intensity < fragment::ObservationOptions{}.min_intensity; });
    return peaks;
  }

  /// Those of the lender at its precursor, as strong beside the strongest fragment as there.
  void add_precursor_peaks(const train::DatasetSpectrum& lender, double shift,
                           std::vector<spectra::Peak>& peaks) const {
    const double border = lender.precursor_mz - below_precursor_;
    double strongest = 0;
    for (const auto& peak : lender.peaks) {
      if (peak.mz < border) strongest = std::max(strongest, peak.intensity);
    }
    if (strongest == 0) return;  // the borders of both differ by some ppm, and all peaks may lie between
    for (const auto& peak : lender.peaks) {
      if (peak.mz >= border) peaks.push_back({peak.mz + shift, peak.intensity / strongest});
    }
  }

  const SimulationSettings& settings_;
  const rerank::FragmentScorer& scorer_;
  std::uint64_t seed_;
  double below_precursor_ = fragment::ObservationOptions{}.below_precursor;
};

}  // namespace

SimulationSettings read_simulation(const Config& config) {
  const ConfigReader read(config);
  SimulationSettings out;
  out.fragments = config.text("simulated.fragments", "");
  if (out.fragments.empty()) return out;
  out.spectra = read.integer("simulated.spectra", out.spectra, 1, 100'000'000);
  out.ppm_error = read.number("simulated.ppm_error", out.ppm_error, 0, 100);
  out.log_intensity_error = read.number("simulated.log_intensity_error", out.log_intensity_error, 0, 10);
  return out;
}

void write_simulation(const SimulationSettings& settings, ConfigWriter& out) {
  if (settings.fragments.empty()) return;
  out.text("simulated.fragments", settings.fragments);
  out.integer("simulated.spectra", settings.spectra);
  out.number("simulated.ppm_error", settings.ppm_error);
  out.number("simulated.log_intensity_error", settings.log_intensity_error);
}

train::SimulatedSpectra simulate_spectra(const SimulationSettings& settings, const train::SpectrumDataset& measured,
                                         const train::HardNegatives& negatives, const JobContext& context) {
  const auto scorer = rerank::FragmentScorer::read({settings.fragments});
  const Simulator simulator(settings, scorer, context.seed);
  const std::vector<Draft> drafts = draw_drafts(settings, measured, negatives, context.seed);
  std::vector<std::optional<train::DatasetSpectrum>> made(drafts.size());
  context.progress->start("simulating", drafts.size(), "spectra");
  constexpr std::size_t kBlock = 4096;
  for (std::size_t begin = 0; begin < drafts.size(); begin += kBlock) {
    check_interrupt();
    const std::size_t count = std::min(kBlock, drafts.size() - begin);
    parallel_for(count, context.threads, 16, [&](std::size_t from, std::size_t to) {
      for (std::size_t i = begin + from; i < begin + to; ++i) {
        const train::DatasetSpectrum& lender = measured.spectra[drafts[i].lender];
        const auto record = negatives.bank().record(drafts[i].row);
        made[i] = simulator.spectrum_of(record.smiles, lender, measured.molecules[lender.molecule].mass,
                                        negatives.bank().masses()[drafts[i].row], i);
      }
    });
    context.progress->advance(begin + count);
  }
  context.progress->finish();
  train::SimulatedSpectra out;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (!made[i]) continue;
    out.spectra.push_back(std::move(*made[i]));
    out.rows.push_back(drafts[i].row);
  }
  context.say(format_count(out.spectra.size()) + " spectra simulated, " +
              format_count(made.size() - out.spectra.size()) + " molecules or ions could not be taken apart");
  return out;
}

}  // namespace molbridge::service_train
