#pragma once
// Which peaks are a part of an ion's formula: sub-formulas with exact masses. What they say of the formula as a whole: formula_evidence.hpp.
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
  int charge = 0;               ///< signed
  double mz = 0;                ///< calculated
  double ppm_error = 0;         ///< measured against calculated
  double dbe = 0;               ///< rings and double bonds by usual valences (P and N 3, S 2, metals 2); -0.5 or more
  bool even_electrons = false;  ///< no radical
};

class SubformulaIndex {
 public:
  /// Formulas with more combinations of heavy atoms, or of more than kMaxKinds kinds of them, are not searched.
  static constexpr double kMaxCombinations = 16e6;

  /// `ion` with its charge (Adduct::ion_formula), which is not 0, and no negative count: else kInternal. Cost: 10 to 90 us for a drug, 1 ms and
  /// 1 MB for large formulas.
  explicit SubformulaIndex(const mass::Formula& ion, const SubformulaOptions& options = {});

  /// False where the formula is too large; nothing is found then.
  bool searchable() const { return searchable_; }
  /// Heavy atoms of the ion, ascending; tracers of hydrogen are among them.
  std::span<const mass::Nuclide> kinds() const { return kinds_; }
  double ion_mz() const { return ion_mz_; }
  int ion_charge() const { return ion_charge_; }

  /// That with the smallest error of those within the tolerance whose hydrogens and rings are possible; of equal ones always the same. The
  /// whole ion is one. Exact: as if all had been tried, for tolerances below 0.5 Th. Cost: 0.2 us for a drug.
  std::optional<Subformula> best(double mz, const PeakTolerance& tolerance = {}) const;
  struct Surroundings {
    std::optional<Subformula> best;
    std::size_t within = 0;  ///< sub-formulas within the tolerance
    std::size_t around = 0;  ///< those beyond it, within `times` of it
  };
  /// The best and how dense they lie there, in one look-up of `times` the width (tolerance * times below 0.5 Th).
  Surroundings survey(double mz, const PeakTolerance& tolerance, double times) const;
  /// Is this mass (u) that of one or two usual small neutrals (H2O, NH3, CO, CO2, HCl, ...; list in the source) that the ion has the atoms of?
  bool is_small_loss(double mass, double half_width) const;

  /// With its charge.
  mass::Formula formula(const Subformula& part) const;
  /// "C7H5O+"
  std::string hill(const Subformula& part) const { return formula(part).hill(); }

 private:
  struct Combination {
    double mass = 0;
    std::uint32_t code = 0;    // counts by mixed radix
    std::int32_t valence = 0;  // sum of usual valences less 2
  };
  struct Match {
    double error = 0;  // Th, measured less calculated
    const Combination* outer = nullptr;
    const Combination* inner = nullptr;
    int hydrogens = 0;
    int charge = 0;
  };
  void read_ion(const mass::Formula& ion);
  void split_kinds();
  std::vector<Combination> combinations(std::size_t begin, std::size_t end) const;
  void fill_table(const std::vector<Combination>& inner);
  void find_losses();
  int bucket(double mass, double shift) const;
  template <typename Visit>
  void visit_charge(double mz, int charge, double half_width, const Visit& visit) const;
  template <typename Visit>
  void visit_bucket(std::size_t index, double mass, double half_width, Match& match, const Visit& visit) const;
  Subformula describe(const Match& match, double mz) const;
  void decode(std::uint32_t code, std::size_t begin, std::size_t end, Subformula& part) const;

  bool searchable_ = true;
  int ion_charge_ = 1;
  int max_charge_ = 1;
  int ion_hydrogens_ = 0;
  int max_hydrogens_ = 0;
  double ion_mz_ = 0;
  std::vector<mass::Nuclide> kinds_;
  std::vector<int> most_;           // of each kind in the ion
  std::vector<double> masses_;      // of each kind
  std::vector<std::size_t> order_;  // kinds in the order of the radix; the first `inner_kinds_` make the table
  std::size_t inner_kinds_ = 0;
  std::vector<Combination> outer_;           // combinations of the other kinds: one, unless the formula is large
  std::vector<Combination> table_;           // by bucket of the remainder
  std::vector<std::uint32_t> bucket_begin_;  // [buckets + 1]
  std::vector<double> losses_;               // u, ascending
};

}  // namespace molbridge::fragment
