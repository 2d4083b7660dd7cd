#pragma once
// How a spectrum was taken, as far as its fields say: collision energy and kind of analyser. Thread-safe.
//
// Files write both in many ways ("10(NCE)", "35 eV", "HCD 30%", "Ramp 20-40 V", "LC-ESI-QFT"); what is not understood is unknown, never an
// error: neither is needed to use a spectrum.

#include <optional>
#include <string_view>

#include "molbridge/spectra/spectrum.hpp"

namespace molbridge::spectra {

/// The analyser that measured the fragments.
enum class Analyser { kUnknown, kFourier, kTimeOfFlight, kIonTrap, kQuadrupole };
inline constexpr int kNumAnalysers = 5;
/// "unknown", "ft", "tof", "ion-trap", "quadrupole".
std::string_view name(Analyser analyser);

enum class EnergyUnit {
  kUnstated,      ///< the field is a bare number
  kElectronVolt,  ///< laboratory frame; V of singly charged ions is the same
  kNormalised,    ///< NCE, percent: proportional to the precursor's m/z
};

struct CollisionEnergy {
  double value = 0;  ///< > 0; of a ramp or of steps the mean
  EnergyUnit unit = EnergyUnit::kUnstated;
  bool operator==(const CollisionEnergy&) const = default;
};

struct Acquisition {
  std::optional<CollisionEnergy> energy;
  Analyser analyser = Analyser::kUnknown;

  /// Energy in eV of the laboratory frame, 0 for unknown. Normalised energy is brought to eV by the maker's rule, NCE * m/z / 500 for singly charged
  /// ions; a bare number is taken as normalised on Fourier instruments, else as eV. Requires precursor_mz >= 0; 0 (unknown) counts as 500.
  double electron_volts(double precursor_mz) const;
  /// The same on the scale of normalised energies; 0 for unknown.
  double normalised(double precursor_mz) const;
};

/// Nullopt where the text holds no energy, or one that depends on m/z in a way it does not say ("scaled by m/z").
std::optional<CollisionEnergy> parse_collision_energy(std::string_view text);
/// `type` as MassBank has it ("LC-ESI-QTOF", "Orbitrap"), else the name of the instrument ("Q Exactive"); either may be empty.
Analyser parse_analyser(std::string_view type, std::string_view instrument);

/// From the fields collision_energy, instrument_type and instrument.
Acquisition acquisition(const Spectrum& spectrum);

}  // namespace molbridge::spectra
