#pragma once
// Which fragments of a molecule could be the ions that a spectrum shows: fragment plus or minus hydrogens, plus the charge carrier, against m/z.

#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/fragment/fragmenter.hpp"
#include "molbridge/mass/adduct.hpp"

namespace molbridge::fragment {

/// A fragment leaves as an ion through one of these channels: with -4 ... +4 hydrogens against the part as it was cut (the charging proton counted),
/// or with the metal of the adduct (Na, K, Li) and -1, 0, +1 hydrogens.
inline constexpr int kHydrogenShifts = 9;
inline constexpr int kMetalShifts = 3;
inline constexpr int kChannels = kHydrogenShifts + kMetalShifts;
inline constexpr int shift_of_channel(int channel) {
  return channel < kHydrogenShifts ? channel - 4 : channel - kHydrogenShifts - 1;
}

/// What the ion of the precursor says about its fragments' ions.
struct IonContext {
  int charge_sign = 1;    ///< fragments are singly charged
  double metal_mass = 0;  ///< u, of the metal atom in the adduct; 0 without one
  int metal = 0;          ///< its atomic number
  static IonContext of(const mass::Adduct& adduct);
};

struct MatchOptions {
  double ppm = 15;
  double min_da = 0.002;  ///< Th; the window is never narrower
};

struct PeakMatch {
  std::uint32_t peak = 0;
  std::uint32_t fragment = 0;
  std::uint8_t channel = 0;
  float ppm_error = 0;  ///< measured against calculated
};

/// m/z of a fragment's ion.
double ion_mz(const Fragment& fragment, int channel, const IonContext& context);

/// All matches, by peak. Requires `peak_mz` ascending. Cost: some 10 us for 40 peaks and 400 fragments.
std::vector<PeakMatch> match_peaks(const Fragmentation& fragmentation, std::span<const double> peak_mz,
                                   const IonContext& context, const MatchOptions& options = {});

}  // namespace molbridge::fragment
