#include "molbridge/fragment/formula_evidence.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"

namespace molbridge::fragment {
namespace {

/// Nearer to the precursor than this (Th) is the ion itself, its isotopes, or a loss of hydrogen.
constexpr double kPrecursorGap = 1.5;
/// Sub-formulas are counted as far as this many tolerances from a peak, those within one left out: a true match is no chance.
constexpr double kRing = 5;
constexpr double kLeastChance = 0.02;

/// Chance that a peak put near this one matches: sub-formulas come as points of a Poisson process.
double chance_of_match(std::size_t around) {
  return std::max(1 - std::exp(-static_cast<double>(around) / (kRing - 1)), kLeastChance);
}

struct Sums {
  double peaks = 0, intensity = 0;
  void add(double weight) {
    peaks += 1;
    intensity += weight;
  }
};

double share(double part, double all) { return all > 0 ? part / all : 0; }

}  // namespace

std::array<double, FormulaEvidence::kSize> FormulaEvidence::values() const {
  return {peaks,          intensity,      high_peaks, high_intensity, error,
          loss_intensity, even_electrons, by_chance,  surprise,       searched ? 1.0 : 0.0};
}

FormulaEvidence formula_evidence(const SubformulaIndex& index, std::span<const double> mz,
                                 std::span<const double> intensity, double precursor_mz,
                                 const PeakTolerance& tolerance) {
  MOLBRIDGE_CHECK(mz.size() == intensity.size(), std::to_string(mz.size()) + " " + std::to_string(intensity.size()));
  if (!index.searchable()) return {};
  Sums all, matched, high, high_matched;
  FormulaEvidence out;
  for (std::size_t i = 0; i < mz.size(); ++i) {
    if (!(intensity[i] > 0) || !(mz[i] < precursor_mz - kPrecursorGap)) continue;
    const double weight = std::sqrt(intensity[i]);
    const double width = tolerance.of(mz[i]);
    const auto there = index.survey(mz[i], tolerance, kRing);
    const double chance = chance_of_match(there.around);
    const bool upper = mz[i] > precursor_mz / 2;
    all.add(weight);
    if (upper) high.add(weight);
    out.by_chance += weight * chance;
    if (index.is_small_loss((index.ion_mz() - mz[i]) * std::abs(index.ion_charge()), width))
      out.loss_intensity += weight;
    const auto& best = there.best;
    if (!best) continue;
    matched.add(weight);
    if (upper) high_matched.add(weight);
    out.error += weight * std::abs(mz[i] - best->mz) / width;
    out.even_electrons += best->even_electrons ? weight : 0;
    out.surprise -= weight * std::log(chance);
  }
  out.searched = all.peaks > 0;
  out.peaks = share(matched.peaks, all.peaks);
  out.intensity = share(matched.intensity, all.intensity);
  out.high_peaks = share(high_matched.peaks, high.peaks);
  out.high_intensity = share(high_matched.intensity, high.intensity);
  out.error = share(out.error, matched.intensity);
  out.even_electrons = share(out.even_electrons, matched.intensity);
  for (double* mean : {&out.loss_intensity, &out.by_chance, &out.surprise}) *mean = share(*mean, all.intensity);
  return out;
}

}  // namespace molbridge::fragment
