#pragma once
// What the peaks of a spectrum say about the formula of its ion: how many of them are a part of it, how well, and how surprising that is.
// Tells candidates of one mass window apart without looking at structures. Pure functions; thread-safe.

#include <array>
#include <cstddef>
#include <span>

#include "molbridge/fragment/subformula.hpp"

namespace molbridge::fragment {

/// Shares of 0 to 1. "Intensity" is its square root, so that one peak does not decide.
struct FormulaEvidence {
  static constexpr std::size_t kSize = 10;
  double peaks = 0;       ///< share of the peaks that have a sub-formula
  double intensity = 0;   ///< share of the intensity
  double high_peaks = 0;  ///< the same of peaks above half of the precursor's m/z; 0 where there are none
  double high_intensity = 0;
  double error = 0;  ///< mean |error| of the matched, by intensity, in units of the tolerance; about 0.5 by chance
  double loss_intensity =
      0;  ///< share of intensity at the ion less one or two usual small neutrals (SubformulaIndex::is_small_loss)
  double even_electrons = 0;  ///< share of the matched intensity whose best sub-formula is no radical
  double by_chance =
      0;  ///< share of intensity that would match if the peaks were moved a little: how dense sub-formulas lie
  double surprise =
      0;  ///< mean by intensity of -ln(chance of a match) over the matched, 0 over others; chances are 0.02 at least
  bool searched = false;  ///< false, all others 0: no peaks below the precursor, or a formula too large

  /// In the order of declaration, `searched` as 0 or 1.
  std::array<double, kSize> values() const;
};

/// Peaks from 1.5 Th below the precursor upwards are left out: they are the ion itself. Requires mz and intensity of one length, mz above 0;
/// intensities that are not above 0 are left out. Cost: 10 to 100 us for 60 peaks and a drug.
FormulaEvidence formula_evidence(const SubformulaIndex& index, std::span<const double> mz,
                                 std::span<const double> intensity, double precursor_mz,
                                 const PeakTolerance& tolerance = {});

}  // namespace molbridge::fragment
