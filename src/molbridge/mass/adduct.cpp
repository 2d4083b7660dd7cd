#include "molbridge/mass/adduct.hpp"

#include <cstdlib>
#include <vector>

#include "molbridge/core/text.hpp"
#include "molbridge/mass/adduct_terms.hpp"

namespace molbridge::mass {

IonMode parse_ion_mode(std::string_view text) {
  const std::string word = to_lower(trim(text));
  if (word.starts_with("pos") || word == "p" || word == "+") return IonMode::kPositive;
  if (word.starts_with("neg") || word == "n" || word == "-") return IonMode::kNegative;
  return IonMode::kUnknown;
}

std::string_view name(IonMode mode) {
  switch (mode) {
    case IonMode::kPositive: return "positive";
    case IonMode::kNegative: return "negative";
    case IonMode::kUnknown: break;
  }
  return "unknown";
}

Adduct::Adduct(int multiplicity, int charge, const Formula& balance) : multiplicity_(multiplicity), charge_(charge) {
  for (const AdductTerm& term : canonical_terms(balance, charge)) {
    if (term.count > 0) gained_ += term.formula * term.count;
    if (term.count < 0) lost_ += term.formula * -term.count;
  }
  shift_ = gained_.atom_mass() - lost_.atom_mass() - charge_ * kElectronMass;
}

double Adduct::mz(double atom_mass) const { return (multiplicity_ * atom_mass + shift_) / std::abs(charge_); }

double Adduct::neutral_mass(double mz) const { return (std::abs(charge_) * mz - shift_) / multiplicity_; }

std::optional<Formula> Adduct::ion_formula(const Formula& molecule) const {
  Formula ion = molecule * multiplicity_ + gained_ - lost_;
  if (ion.has_negative_count()) return std::nullopt;
  ion.set_charge(charge_);
  return ion;
}

std::string Adduct::str() const {
  std::string text = "[";
  if (multiplicity_ != 1) text += std::to_string(multiplicity_);
  text += "M";
  for (const AdductTerm& term : canonical_terms(gained_ - lost_, charge_)) {
    text += term.count > 0 ? '+' : '-';
    if (std::abs(term.count) != 1) text += std::to_string(std::abs(term.count));
    text += term_text(term.formula);
  }
  text += "]";
  if (std::abs(charge_) != 1) text += std::to_string(std::abs(charge_));
  return text + (charge_ > 0 ? "+" : "-");
}

std::span<const Adduct> usual_adducts(IonMode mode) {
  static const auto parse_all = [](std::initializer_list<std::string_view> texts) {
    std::vector<Adduct> adducts;
    for (const std::string_view text : texts) adducts.push_back(Adduct::parse(text).value());
    return adducts;
  };
  static const std::vector<Adduct> all = parse_all({"[M+H]+", "[M+Na]+", "[M+NH4]+", "[M-H2O+H]+", "[M+K]+", "[M]+",
                                                    "[M-H]-", "[M+CH2O2-H]-", "[M+Cl]-", "[M+C2H4O2-H]-"});
  static constexpr std::size_t kNumPositive = 6;
  const std::span<const Adduct> both(all);
  if (mode == IonMode::kPositive) return both.first(kNumPositive);
  if (mode == IonMode::kNegative) return both.subspan(kNumPositive);
  return both;
}

}  // namespace molbridge::mass
