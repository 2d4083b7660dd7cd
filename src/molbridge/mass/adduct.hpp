#pragma once
// Adduct notation and its mass arithmetic: ion = k * M + added - removed, charge z, electrons counted exactly.
//
//   m/z = (k * M + d - z * m_e) / |z|        M = (|z| * m/z - (d - z * m_e)) / k
//
// with d the mass of the neutral atoms added minus removed. A parser, not a list: "[2M+ACN+H]+", "[M-H2O+H]+", "[M+2H]2+",
// "[M+H-C12H20O9]+", "[M-H-CO2-2HF]-", and old spellings: "M+H", "[M+H]1+", "[M-2H]--", "(M+H)+", "[M+H-H20]+" (zero for O).
// Values only; thread-safe.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/result.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::mass {

enum class IonMode { kUnknown, kPositive, kNegative };
/// "positive", "Positive", "P", "pos", "+", "negative", "N", "-"...; kUnknown for the rest.
IonMode parse_ion_mode(std::string_view text);
std::string_view name(IonMode mode);

class Adduct {
 public:
  /// `mode` settles a missing charge ("M+H" with positive mode is [M+H]+; without mode the sign follows from the terms where
  /// they are charge carriers: H, Na, K, NH4, Li gained, H lost...). A charge that contradicts the carriers ("[M-2H]-") is
  /// accepted as written. Refuses what cannot be understood, with the part.
  static Result<Adduct> parse(std::string_view text, IonMode mode = IonMode::kUnknown);

  int multiplicity() const { return multiplicity_; }  ///< k, the number of molecules
  int charge() const { return charge_; }              ///< signed z, never 0
  /// Atoms gained and lost by k molecules (charge 0 in both).
  const Formula& gained() const { return gained_; }
  const Formula& lost() const { return lost_; }
  IonMode ion_mode() const { return charge_ > 0 ? IonMode::kPositive : IonMode::kNegative; }

  /// Units: neutral monoisotopic mass in u, m/z in Th.
  double mz(double neutral_mass) const;
  double neutral_mass(double mz) const;
  /// Ion formula of a molecule with that formula (charge set). nullopt if an atom count would go negative.
  std::optional<Formula> ion_formula(const Formula& molecule) const;

  /// Canonical spelling: terms in the fixed order losses first then gains by convention of the field: "[M-H2O+H]+",
  /// "[M+HCOO]-" and "[M+FA-H]-" both become "[M+CH2O2-H]-". Equal adducts spell equally.
  std::string str() const;
  bool operator==(const Adduct& other) const;

 private:
  int multiplicity_ = 1;
  int charge_ = 1;
  Formula gained_;
  Formula lost_;
};

/// The adducts tried, in this order, when a spectrum names none: usual ones of the mode, both modes when unknown.
/// Positive: [M+H]+, [M+Na]+, [M+NH4]+, [M-H2O+H]+, [M+K]+, [M]+. Negative: [M-H]-, [M+CH2O2-H]-, [M+Cl]-, [M+C2H4O2-H]-.
std::span<const Adduct> usual_adducts(IonMode mode);

}  // namespace molbridge::mass
