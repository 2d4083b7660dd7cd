#pragma once
// Molecular formulas over elements and isotopes, with exact masses. Values only; thread-safe.
//
// Masses are in u (Da). The monoisotopic mass takes the most abundant isotope of each element (B 11, Br 79, Se 80, Sn
// 120...); an isotope may be named: "C6[13C]H12O6", "[13C]6H12O6", "D" and "T" are [2H] and [3H]. Source of the masses:
// AME2020, see elements.cpp.

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "molbridge/core/result.hpp"

namespace molbridge::mass {

inline constexpr double kElectronMass = 0.000548579909065;
inline constexpr double kProtonMass = 1.00727646687991;
inline constexpr double kC13Shift = 1.0033548353;

/// Atomic number and mass number; mass_number 0 is the natural element (mass of its most abundant isotope).
struct Nuclide {
  int atomic_number = 0;
  int mass_number = 0;
  auto operator<=>(const Nuclide&) const = default;
};

/// nullopt for an unknown symbol ("Xx"). Case-sensitive, as formulas are.
std::optional<int> atomic_number(std::string_view symbol);
std::string_view element_symbol(int atomic_number);
/// nullopt where no such isotope is tabulated.
std::optional<double> nuclide_mass(Nuclide nuclide);

/// Counts may be negative (a formula difference), zero counts are not stored.
class Formula {
 public:
  static constexpr int kMaxAtoms = 1'000'000;
  static constexpr std::size_t kMaxTextLength = 4096;

  Formula() = default;
  /// Hill or any order, brackets "(CH3)2CO", parts joined by dots "CuSO4.5H2O", spaces between elements. A trailing
  /// charge "C6H5O-", "[C6H5]+", "[Fe(CN)6]4-", "Ca+2" is kept in charge(). Isotopes stand in brackets: "[13C]", never
  /// "13C". Refuses unknown elements and isotopes, unbalanced brackets, more than kMaxAtoms atoms of one kind, more
  /// than kMaxTextLength characters and empty text, with the offending part. Cost: linear in the text.
  static Result<Formula> parse(std::string_view text);

  int count(Nuclide nuclide) const;
  int count(std::string_view symbol) const;
  void add(Nuclide nuclide, int count);
  const std::map<Nuclide, int>& counts() const { return counts_; }
  int charge() const { return charge_; }
  void set_charge(int charge) { charge_ = charge; }

  /// Sum of nuclide masses minus charge * electron mass.
  double monoisotopic_mass() const;
  /// Sum of nuclide masses whatever the charge: what Adduct's mass arithmetic takes as the mass of a molecule.
  double atom_mass() const;
  /// Hill order: C, H, then alphabetical (alphabetical throughout without C); isotopes as "[13C]", deuterium as "[2H]";
  /// charge as "+", "-", "+2". parse(hill()) gives the same formula where no count is negative and it is not empty.
  std::string hill() const;
  bool empty() const { return counts_.empty(); }
  /// No count of `part` exceeds ours.
  bool contains(const Formula& part) const;
  bool has_negative_count() const;

  Formula& operator+=(const Formula& other);
  Formula& operator-=(const Formula& other);
  friend Formula operator+(Formula a, const Formula& b) { return a += b; }
  friend Formula operator-(Formula a, const Formula& b) { return a -= b; }
  Formula operator*(int factor) const;
  bool operator==(const Formula& other) const = default;

 private:
  std::map<Nuclide, int> counts_;
  int charge_ = 0;
};

}  // namespace molbridge::mass
