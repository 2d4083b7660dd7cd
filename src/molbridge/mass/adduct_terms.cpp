#include "molbridge/mass/adduct_terms.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "molbridge/core/text.hpp"

namespace molbridge::mass {
namespace {

constexpr Nuclide kH{1, 0};
constexpr Nuclide kN{7, 0};
constexpr Nuclide kO{8, 0};

Formula formula(std::string_view text) { return Formula::parse(text).value(); }

const Formula& hydrogen() {
  static const Formula value = formula("H");
  return value;
}

const Formula& ammonium() {
  static const Formula value = formula("H4N");
  return value;
}

const Formula& methyl_loss() {
  static const Formula value = formula("CH3") * -1;
  return value;
}

struct NamedFormula {
  std::string_view name;
  Formula formula;
  bool acid;
};

const std::vector<NamedFormula>& abbreviations() {
  static const std::vector<NamedFormula> table = {
      {"ACN", formula("C2H3N"), false},     {"MeCN", formula("C2H3N"), false},   {"MeOH", formula("CH4O"), false},
      {"EtOH", formula("C2H6O"), false},    {"IPA", formula("C3H8O"), false},    {"iPrOH", formula("C3H8O"), false},
      {"IsoProp", formula("C3H8O"), false}, {"DMSO", formula("C2H6OS"), false},  {"DMF", formula("C3H7NO"), false},
      {"THF", formula("C4H8O"), false},     {"TEA", formula("C6H15N"), false},   {"FA", formula("CH2O2"), true},
      {"HAc", formula("C2H4O2"), true},     {"HOAc", formula("C2H4O2"), true},   {"AcOH", formula("C2H4O2"), true},
      {"Ac", formula("C2H4O2"), true},      {"OAc", formula("C2H3O2"), false},   {"AcO", formula("C2H3O2"), false},
      {"TFA", formula("C2HF3O2"), true},    {"formate", formula("CHO2"), false}, {"acetate", formula("C2H3O2"), false},
      {"H20", formula("H2O"), false},  // zero for O, from scanned tables
  };
  return table;
}

/// Carriers other than hydrogen. NH4, halides and anions have rules of their own below.
int metal_charge(Nuclide nuclide) {
  static const std::map<std::string_view, int> charges = {
      {"Li", 1}, {"Na", 1}, {"K", 1},  {"Rb", 1}, {"Cs", 1}, {"Ag", 1}, {"Tl", 1}, {"Be", 2},
      {"Mg", 2}, {"Ca", 2}, {"Sr", 2}, {"Ba", 2}, {"Mn", 2}, {"Fe", 2}, {"Co", 2}, {"Ni", 2},
      {"Cu", 2}, {"Zn", 2}, {"Cd", 2}, {"Hg", 2}, {"Pb", 2}, {"Al", 3}, {"Cr", 3}, {"La", 3}};
  const auto found = charges.find(element_symbol(nuclide.atomic_number));
  return found == charges.end() ? 0 : found->second;
}

bool is_halogen(Nuclide nuclide) {
  return nuclide.atomic_number == 9 || nuclide.atomic_number == 17 || nuclide.atomic_number == 35 ||
         nuclide.atomic_number == 53;
}

bool is_hydrogen_only(const Formula& formula) {
  return std::all_of(formula.counts().begin(), formula.counts().end(),
                     [](const auto& entry) { return entry.first == kH; });
}

/// True where the atoms could make a molecule without an unpaired electron: the odd valences come in an even number.
bool is_closed_shell(const Formula& formula) {
  int odd_valences = 0;
  for (const auto& [nuclide, count] : formula.counts()) {
    const int z = nuclide.atomic_number;
    if (z == 1 || z == 5 || z == 7 || z == 15 || z == 33 || is_halogen(nuclide) || metal_charge(nuclide) % 2 == 1)
      odd_valences += count;
  }
  return odd_valences % 2 == 0;
}

}  // namespace

std::optional<Abbreviation> find_abbreviation(std::string_view text) {
  for (const auto& entry : abbreviations()) {
    if (entry.name == text) return Abbreviation{entry.formula, entry.acid};
  }
  return std::nullopt;
}

std::optional<Abbreviation> find_abbreviation_any_case(std::string_view text) {
  for (const auto& entry : abbreviations()) {
    if (iequals(entry.name, text)) return Abbreviation{entry.formula, entry.acid};
  }
  static constexpr std::array<std::string_view, 16> kUsualTerms = {
      "H", "Na", "K", "Li", "NH4", "Cl", "Br", "H2O", "HF", "HCl", "NH3", "CO2", "Na2", "HCOOH", "CH3OH", "CH3COOH"};
  for (const std::string_view term : kUsualTerms) {
    if (iequals(term, text)) return Abbreviation{formula(term), false};
  }
  return std::nullopt;
}

int usual_charge(const Formula& unit) {
  static const std::map<std::string, int> known = {
      {"H", 1},   {"[2H]", 1}, {"H4N", 1},   {"H3O", 1},     {"Cl", -1},     {"Br", -1},
      {"F", -1},  {"I", -1},   {"CHO2", -1}, {"C2H3O2", -1}, {"C2F3O2", -1}, {"HO2", -1},
      {"HO", -1}, {"NO3", -1}, {"CHO3", -1}, {"HO4S", -1},   {"H2O4P", -1}};
  if (const auto found = known.find(unit.hill()); found != known.end()) return found->second;
  int charge = 0;
  for (const auto& [nuclide, count] : unit.counts()) {
    if (metal_charge(nuclide) == 0) return 0;  // a salt such as NaCl or HCOONa is neutral
    charge += count * metal_charge(nuclide);
  }
  return charge;
}

namespace {

/// Takes the balance apart; each step moves atoms from `rest_` into terms.
class Speller {
 public:
  Speller(const Formula& balance, int charge) : rest_(balance), open_charge_(charge), charge_(charge) {}

  std::vector<AdductTerm> terms() && {
    take_metals();
    take_halides();
    take_ammonium();
    take_hydrogen_and_neutral();
    std::vector<AdductTerm> all = std::move(neutral_);
    if (hydrogen_ != 0) all.push_back({hydrogen_, hydrogen()});
    std::sort(carriers_.begin(), carriers_.end(),
              [](const auto& a, const auto& b) { return term_text(a.formula) < term_text(b.formula); });
    all.insert(all.end(), carriers_.begin(), carriers_.end());
    return all;
  }

 private:
  void take(const Formula& unit, int count, int unit_charge) {
    carriers_.push_back({count, unit});
    rest_ -= unit * count;
    open_charge_ -= count * unit_charge;
  }

  void take_metals() {
    for (const auto& [nuclide, count] : std::map(rest_.counts())) {
      if (count > 0 && metal_charge(nuclide) != 0) take(single(nuclide), count, metal_charge(nuclide));
      if (count > 0 && nuclide == Nuclide{1, 2} && charge_ > 0 && is_lone(nuclide)) take(single(nuclide), count, 1);
    }
  }

  /// Gained halogens are ions where they are no more than the charge asks for: [M+Cl]-, but [M+C2HF3O2-H]-.
  void take_halides() {
    int halogens = 0;
    for (const auto& [nuclide, count] : rest_.counts()) halogens += is_halogen(nuclide) && count > 0 ? count : 0;
    if (open_charge_ >= 0 || halogens == 0 || halogens > -open_charge_) return;
    for (const auto& [nuclide, count] : std::map(rest_.counts())) {
      if (is_halogen(nuclide) && count > 0) take(single(nuclide), count, -1);
    }
  }

  /// Gained nitrogen is ammonium where nothing else than hydrogen is gained beside it and the charge asks for it.
  void take_ammonium() {
    const int nitrogens = rest_.count(kN);
    if (open_charge_ <= 0 || nitrogens <= 0 || nitrogens > open_charge_) return;
    for (const auto& [nuclide, count] : rest_.counts()) {
      if (count > 0 && nuclide != kH && nuclide != kN) return;
    }
    take(ammonium(), nitrogens, 1);
  }

  /// The rest is H+ for the charge still open, and a neutral part; a radical ion ([M-H2O]+) has no H+.
  void take_hydrogen_and_neutral() {
    if (charge_ == -1 && rest_ == methyl_loss()) {  // [M-CH3]- is what the field writes, not [M-CH2-H]-
      return neutral_.push_back({-1, methyl_loss() * -1});
    }
    if (is_hydrogen_only(rest_)) {
      hydrogen_ = rest_.count(kH);
      return;
    }
    Formula without_protons = rest_;
    without_protons.add(kH, -open_charge_);
    const bool protonated = is_closed_shell(without_protons) || !is_closed_shell(rest_);
    if (protonated) {
      hydrogen_ = open_charge_;
      rest_ = without_protons;
    }
    split_neutral();
  }

  void split_neutral() {
    Formula lost;
    Formula gained;
    for (const auto& [nuclide, count] : rest_.counts()) (count < 0 ? lost : gained).add(nuclide, std::abs(count));
    if (!gained.empty() && lost.counts().size() == 1 && lost.count(kO) > 0) {  // what is lost as oxygen was water
      const int waters = lost.count(kO);
      lost.add(kH, 2 * waters);
      gained.add(kH, 2 * waters);
    }
    push_neutral(lost, -1);
    push_neutral(gained, 1);
  }

  void push_neutral(const Formula& part, int sign) {
    if (part.empty()) return;
    static const std::vector<Formula> units = {hydrogen(),      formula("H2O"),  formula("H3N"), formula("HF"),
                                               formula("HCl"),  formula("HBr"),  formula("CO"),  formula("CO2"),
                                               formula("CH4O"), formula("C2H3N")};
    for (const Formula& unit : units) {
      const auto& [nuclide, per_unit] = *unit.counts().rbegin();
      const int times = part.count(nuclide) / per_unit;
      if (times > 1 && unit * times == part) return neutral_.push_back({sign * times, unit});
    }
    neutral_.push_back({sign, part});
  }

  bool is_lone(Nuclide nuclide) const {
    return std::all_of(rest_.counts().begin(), rest_.counts().end(),
                       [&](const auto& entry) { return entry.first == nuclide || entry.first == kH; });
  }

  static Formula single(Nuclide nuclide) {
    Formula one;
    one.add(nuclide, 1);
    return one;
  }

  Formula rest_;
  int open_charge_;
  int charge_;
  int hydrogen_ = 0;
  std::vector<AdductTerm> neutral_;
  std::vector<AdductTerm> carriers_;
};

}  // namespace

std::vector<AdductTerm> canonical_terms(const Formula& balance, int charge) { return Speller(balance, charge).terms(); }

std::string term_text(const Formula& formula) {
  static const std::map<std::string, std::string> usual = {{"H4N", "NH4"}, {"H3N", "NH3"}, {"ClH", "HCl"}, {"FH", "HF"},
                                                           {"BrH", "HBr"}, {"[2H]", "D"},  {"[3H]", "T"}};
  const std::string hill = formula.hill();
  const auto found = usual.find(hill);
  return found == usual.end() ? hill : found->second;
}

}  // namespace molbridge::mass
