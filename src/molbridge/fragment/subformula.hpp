#pragma once
// Which peaks of a spectrum are a part of an ion's formula: sub-formulas with exact masses, and what they say about the formula as a whole.
//
// Every fragment of an ion is some of its atoms. An index holds the heavy-atom combinations of one formula by the remainder of their mass
// to a hydrogen's, so that those that complete to a peak with a whole number of hydrogens lie together: one look-up per peak.
// Masses in u, m/z in Th, the charge's electrons counted. Const use is thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/mass/formula.hpp"

namespace molbridge::fragment {

/// Half of the window around a peak.
struct PeakTolerance {
  double ppm = 10;         ///< of the peak's m/z
  double at_least = 1e-3;  ///< Th; what small peaks are measured to at best
  double of(double mz) const { return mz * ppm * 1e-6 > at_least ? mz * ppm * 1e-6 : at_least; }
};

struct SubformulaOptions {
  int extra_hydrogens = 1;  ///< a fragment may have as many more than the ion
  int max_charge = 0;       ///< charges 1 to this are looked for, with the ion's sign; 0: up to the ion's
};

/// Some of the atoms of an ion.
struct Subformula {
  static constexpr std::size_t kMaxKinds = 16;
  std::array<std::uint16_t, kMaxKinds> counts{};  ///< in the order of SubformulaIndex::kinds()
  int hydrogens = 0;
  int charge = 0;        ///< signed
  double mz = 0;         ///< calculated
  double ppm_error = 0;  ///< measured against calculated
  /// Rings and double bonds, with usual valences (P and N 3, S 2); -0.5 or more. A whole number and a half: an even number of electrons
  /// at one charge.
  double dbe = 0;
};

class SubformulaIndex {
 public:
  /// Formulas with more combinations of heavy atoms, or of more than kMaxKinds kinds of them, are not searched.
  static constexpr double kMaxCombinations = 16e6;

  /// `ion` with its charge (Adduct::ion_formula), which is not 0, and no negative count. Cost: some 50 us for a drug, 1 ms at 60,000
  /// combinations; 2 MB at most.
  explicit SubformulaIndex(const mass::Formula& ion, const SubformulaOptions& options = {});

  /// False where the formula is too large; nothing is found then.
  bool searchable() const { return searchable_; }
  /// Heavy atoms of the ion (tracers of hydrogen among them), ascending.
  std::span<const mass::Nuclide> kinds() const { return kinds_; }
  double ion_mz() const { return ion_mz_; }

  /// That with the smallest error of those within the tolerance whose hydrogens and rings are possible; equal ones by composition. The whole
  /// ion is one. Exact: as if all had been tried. Cost: 0.2 us for a drug.
  std::optional<Subformula> best(double mz, const PeakTolerance& tolerance = {}) const;
  /// How many there are within `half_width` (Th) of a peak.
  std::size_t count(double mz, double half_width) const;

  /// With its charge.
  mass::Formula formula(const Subformula& part) const;
  /// "C7H5O+"
  std::string hill(const Subformula& part) const;

 private:
  struct Combination {
    double mass = 0;
    std::uint32_t code = 0;          // counts by mixed radix
    std::int32_t max_hydrogens = 0;  // by valence; of the outer ones only their share of it
  };
  struct Match {
    double error = 0;
    std::uint32_t outer = 0, inner = 0;
    int hydrogens = 0;
  };
  void read_ion(const mass::Formula& ion, const SubformulaOptions& options);
  void split_kinds();
  std::vector<Combination> combinations(std::size_t begin, std::size_t end, double start) const;
  void fill_buckets(const std::vector<Combination>& inner);
  template <typename Visit>
  void visit_matches(double atom_mass, double half_width, const Visit& visit) const;
  Subformula describe(const Match& match, int charge, double mz) const;

  bool searchable_ = true;
  int charge_sign_ = 1;
  int max_charge_ = 1;
  int max_hydrogens_ = 0;
  double ion_mz_ = 0;
  std::vector<mass::Nuclide> kinds_;
  std::vector<int> most_;           // of each kind in the ion
  std::vector<double> masses_;      // of each kind
  std::vector<int> valence_;        // of each kind: usual valence less 2
  std::vector<std::size_t> order_;  // kinds in the order of the radix; the first `inner_kinds_` make the table
  std::size_t inner_kinds_ = 0;
  std::vector<Combination> outer_;           // combinations of the other kinds: one, unless the formula is large
  std::vector<Combination> table_;           // by bucket of the remainder
  std::vector<std::uint32_t> bucket_begin_;  // [buckets + 1]
};

/// What the peaks below the precursor say about the formula of an ion; shares of 0 to 1. "Intensity" is its square root, so that one peak
/// does not decide.
struct FormulaEvidence {
  static constexpr std::size_t kSize = 10;
  double peaks = 0;       ///< share of the peaks that have a sub-formula
  double intensity = 0;   ///< share of the intensity
  double high_peaks = 0;  ///< the same for peaks above half of the precursor's m/z; 0 where there are none
  double high_intensity = 0;
  double error = 0;  ///< mean distance of the matched, in units of the tolerance, weighted by intensity; 0.5 by chance
  double loss_intensity =
      0;  ///< share of intensity at the ion less one or two usual small neutrals (H2O, NH3, CO, HCl, ...)
  double even_electron = 0;  ///< share of the matched intensity whose best sub-formula has an even number of electrons
  double by_chance =
      0;  ///< share of intensity that would be matched were the peaks moved a little: the density of sub-formulas
  double surprise =
      0;  ///< mean of -ln(chance of a match) over the matched, less that of a miss over others; weighted by intensity
  bool searched = false;  ///< false: no peaks, or a formula too large; all others are 0 then
  std::array<double, kSize> values() const;
};

/// Peaks at the precursor and above are left out. Requires mz and intensity of one length, intensities finite and not negative. Cost: 60 us
/// for 60 peaks and a drug.
FormulaEvidence formula_evidence(const SubformulaIndex& index, std::span<const double> mz,
                                 std::span<const double> intensity, double precursor_mz,
                                 const PeakTolerance& tolerance = {});

}  // namespace molbridge::fragment
