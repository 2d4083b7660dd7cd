#pragma once
// Private to mass: what the parser of adducts and their canonical spelling share. Values only; thread-safe.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/mass/formula.hpp"

namespace molbridge::mass {

/// One term behind M: `count` times `formula`, gained (count > 0) or lost (count < 0).
struct AdductTerm {
  int count = 1;
  Formula formula;
};

/// An abbreviation of the field: "ACN" is C2H3N. `acid` ones lose a proton where an anion is meant ("[M+FA]-").
struct Abbreviation {
  Formula formula;
  bool acid = false;
};
/// Exact case first ("Ac" is acetic acid, not actinium).
std::optional<Abbreviation> find_abbreviation(std::string_view text);
/// "nh4", "na", "acn": what is left when the text is no formula as written.
std::optional<Abbreviation> find_abbreviation_any_case(std::string_view text);

/// Charge that a gained unit usually carries: H, Na, K, NH4, H3O +1, Ca, Mg, Fe +2, Cl, CHO2, C2H3O2 -1; 0 for neutral
/// ones.
int usual_charge(const Formula& unit);

/// The balance of atoms taken apart as the field spells it (order and rules: Adduct::str()). The sum of the terms is
/// the balance; the terms depend on `balance` and `charge` alone.
std::vector<AdductTerm> canonical_terms(const Formula& balance, int charge);
/// "H2O", "NH3", "CH2O2": Hill, save for the few that the field writes otherwise.
std::string term_text(const Formula& formula);

}  // namespace molbridge::mass
