#include "molbridge/mass/formula.hpp"

#include <algorithm>
#include <vector>

namespace molbridge::mass {

int Formula::count(Nuclide nuclide) const {
  const auto found = counts_.find(nuclide);
  return found == counts_.end() ? 0 : found->second;
}

int Formula::count(std::string_view symbol) const {
  const auto number = atomic_number(symbol);
  return number ? count(Nuclide{*number, 0}) : 0;
}

void Formula::add(Nuclide nuclide, int count) {
  if (count == 0) return;
  const auto [entry, inserted] = counts_.try_emplace(nuclide, count);
  if (inserted) return;
  entry->second += count;
  if (entry->second == 0) counts_.erase(entry);
}

double Formula::atom_mass() const {
  double mass = 0;
  for (const auto& [nuclide, count] : counts_) {
    const auto one = nuclide_mass(nuclide);
    MOLBRIDGE_CHECK(one.has_value(), std::to_string(nuclide.atomic_number) + "/" + std::to_string(nuclide.mass_number));
    mass += count * *one;
  }
  return mass;
}

double Formula::monoisotopic_mass() const { return atom_mass() - charge_ * kElectronMass; }

namespace {

std::string symbol_of(Nuclide nuclide) {
  const std::string element(element_symbol(nuclide.atomic_number));
  return nuclide.mass_number == 0 ? element : "[" + std::to_string(nuclide.mass_number) + element + "]";
}

/// Sort key of the Hill system: carbon and hydrogen first where there is carbon, the rest by symbol.
std::string hill_key(Nuclide nuclide, bool has_carbon) {
  const std::string symbol(element_symbol(nuclide.atomic_number));
  if (has_carbon && symbol == "C") return "0";
  if (has_carbon && symbol == "H") return "1";
  return symbol;
}

std::string charge_text(int charge) {
  if (charge == 0) return {};
  std::string text(1, charge > 0 ? '+' : '-');
  if (std::abs(charge) > 1) text += std::to_string(std::abs(charge));
  return text;
}

}  // namespace

std::string Formula::hill() const {
  const bool has_carbon =
      std::any_of(counts_.begin(), counts_.end(), [](const auto& entry) { return entry.first.atomic_number == 6; });
  std::vector<std::pair<Nuclide, int>> entries(counts_.begin(), counts_.end());
  std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
    return hill_key(a.first, has_carbon) < hill_key(b.first, has_carbon);
  });
  std::string text;
  for (const auto& [nuclide, count] : entries) {
    text += symbol_of(nuclide);
    if (count != 1) text += std::to_string(count);
  }
  return text + charge_text(charge_);
}

bool Formula::contains(const Formula& part) const {
  return std::all_of(part.counts_.begin(), part.counts_.end(),
                     [&](const auto& entry) { return entry.second <= count(entry.first); });
}

bool Formula::has_negative_count() const {
  return std::any_of(counts_.begin(), counts_.end(), [](const auto& entry) { return entry.second < 0; });
}

Formula& Formula::operator+=(const Formula& other) {
  for (const auto& [nuclide, count] : std::map(other.counts_)) add(nuclide, count);  // a copy: other may be *this
  charge_ += other.charge_;
  return *this;
}

Formula& Formula::operator-=(const Formula& other) {
  for (const auto& [nuclide, count] : std::map(other.counts_)) add(nuclide, -count);
  charge_ -= other.charge_;
  return *this;
}

Formula Formula::operator*(int factor) const {
  Formula product;
  for (const auto& [nuclide, count] : counts_) product.add(nuclide, count * factor);
  product.charge_ = charge_ * factor;
  return product;
}

}  // namespace molbridge::mass
