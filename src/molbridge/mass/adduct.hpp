#pragma once
// Adduct notation and its mass arithmetic: ion = k * M + added - removed, charge z, electrons counted exactly.
//
//   m/z = (k * M + d - z * m_e) / |z|        M = (|z| * m/z - (d - z * m_e)) / k
//
// with d the mass of the neutral atoms added minus removed. A parser, not a list: "[2M+ACN+H]+", "[M-H2O+H]+",
// "[M+2H]2+", "[M+H-C12H20O9]+", "[M-H-CO2-2HF]-", and old spellings: "M+H", "[M+H]1+", "[M-2H]--", "(M+H)+",
// "[M+H-H20]+" (zero for O). The mass of a molecule is that of its atoms: what charge it has is part of the ion's. Values only;
// thread-safe.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "molbridge/core/result.hpp"
#include "molbridge/mass/formula.hpp"

namespace molbridge::mass {

enum class IonMode { kUnknown, kPositive, kNegative };
/// "positive", "Positive", "P", "pos", "+", "negative", "N", "-"...; kUnknown for the rest.
IonMode parse_ion_mode(std::string_view text);
std::string_view name(IonMode mode);

class Adduct {
 public:
  static constexpr std::size_t kMaxTextLength = 200;

  /// `mode` settles the sign of a missing charge ("M-H" with positive mode is [M-H]+); its size, and without a mode its
  /// sign, follow from the charge carriers (H, Na, K, Li, NH4, Ca... gained, halides and acid anions gained, H lost:
  /// "M+2H" is [M+2H]2+, "M+Na-2H" is [M-2H+Na]-). A written charge that contradicts the carriers ("[M-2H]-") is
  /// accepted as written. Abbreviations: ACN, MeOH, EtOH, IPA or IsoProp, DMSO, DMF, THF, TEA, FA, HAc or Ac, OAc, TFA;
  /// "[M+FA]-" without a lost hydrogen means the anion; "Cat" is M. Marks of radicals ("[M]+.", "[M]+*") are read and
  /// not kept. Refuses what cannot be understood, with the part: isotope peaks ("[M+1+H]+"), several adducts in one
  /// text, text longer than kMaxTextLength. Cost: linear in the text.
  static Result<Adduct> parse(std::string_view text, IonMode mode = IonMode::kUnknown);

  int multiplicity() const { return multiplicity_; }  ///< k, the number of molecules
  int charge() const { return charge_; }              ///< signed z, never 0
  /// Atoms gained and lost by k molecules (charge 0 in both), as the canonical spelling has them: what is gained and
  /// lost in the same adduct is balanced, "[M+HCOO]-" gains CH2O2 and loses H.
  const Formula& gained() const { return gained_; }
  const Formula& lost() const { return lost_; }
  IonMode ion_mode() const { return charge_ > 0 ? IonMode::kPositive : IonMode::kNegative; }

  /// Units: mass of the atoms of one molecule in u (Formula::atom_mass(); for a neutral molecule its monoisotopic
  /// mass), m/z in Th.
  double mz(double atom_mass) const;
  double neutral_mass(double mz) const;
  /// m/z of a molecule with that formula. The formula's own charge plays no part: the ion's charge is charge().
  double ion_mz(const Formula& molecule) const { return mz(molecule.atom_mass()); }
  /// Ion formula of a molecule with that formula (charge set). nullopt if an atom count would go negative.
  std::optional<Formula> ion_formula(const Formula& molecule) const;

  /// Canonical spelling: first what is neutral, lost then gained, as formulas ("-H2O", "+CH2O2"); then the charge
  /// carriers, lost hydrogen first, then gained H, then the others by symbol; then the charge. "[M+H-H2O]+" is
  /// "[M-H2O+H]+", "[M+HCOO]-" and
  /// "[M+FA-H]-" are "[M+CH2O2-H]-", "[M+Na-2H]-" is "[M-2H+Na]-". It depends on multiplicity, charge and the balance
  /// of atoms alone: equal adducts spell equally, and parse(str()) gives the same adduct.
  std::string str() const;
  bool operator==(const Adduct& other) const = default;

 private:
  Adduct(int multiplicity, int charge, const Formula& balance);
  int multiplicity_ = 1;
  int charge_ = 1;
  Formula gained_;
  Formula lost_;
  double shift_ = 0;  ///< u, of all that is gained and lost, electrons included
};

/// The adducts tried, in this order, when a spectrum names none: usual ones of the mode, both modes when unknown.
/// Positive: [M+H]+, [M+Na]+, [M+NH4]+, [M-H2O+H]+, [M+K]+, [M]+. Negative: [M-H]-, [M+CH2O2-H]-, [M+Cl]-,
/// [M+C2H4O2-H]-.
std::span<const Adduct> usual_adducts(IonMode mode);

}  // namespace molbridge::mass
