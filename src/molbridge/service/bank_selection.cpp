#include "molbridge/service/bank_selection.hpp"

#include <algorithm>
#include <set>

#include "molbridge/core/hash.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/evaluation_set.hpp"

namespace molbridge::service {
namespace {

/// Compounds of the spectra whose structure is usable.
std::vector<EvaluationCompound> compounds_of(const std::vector<std::string>& files, std::size_t threads,
                                             Progress& progress) {
  std::vector<EvaluationCompound> out;
  if (files.empty()) return out;
  EvaluationSet set = load_evaluation_set({files, threads, {}}, progress);
  for (EvaluationCompound& compound : set.compounds) {
    if (!compound.smiles.empty()) out.push_back(std::move(compound));
  }
  if (out.empty()) {
    throw Error(ErrorCode::kInput, "no spectrum names a usable structure, so the bank would be empty")
        .in_file(files.front())
        .remedy("Name spectra with a SMILES field.");
  }
  return out;
}

}  // namespace

BankSelection::BankSelection(const BankSelectionOptions& options, std::size_t threads, Progress& progress) {
  for (const auto& compound : compounds_of(options.formulas_of, threads, progress))
    formulas_.insert(compound.formula.hill());
  const mass::Tolerance tolerance = mass::Tolerance::ppm(options.ppm);
  for (const auto& compound : compounds_of(options.window_of, threads, progress))
    windows_.push_back(tolerance.around(compound.mass));
  std::sort(windows_.begin(), windows_.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
}

bool BankSelection::wants(const chem::Molecule& molecule) const {
  if (takes_all()) return true;
  if (!formulas_.empty() && formulas_.contains(molecule.formula().hill())) return true;
  const double mass = molecule.monoisotopic_mass();
  // Low and high ends ascend together, so the first window that does not end below the mass decides.
  const auto window = std::lower_bound(windows_.begin(), windows_.end(), mass,
                                       [](const mass::Tolerance::Window& w, double m) { return w.high < m; });
  return window != windows_.end() && window->contains(mass);
}

std::string BankSelection::digest() const {
  if (takes_all()) return "";
  Sha256 hash;
  for (const std::string& formula : std::set<std::string>(formulas_.begin(), formulas_.end()))
    hash.update(formula + "\n");
  for (const auto& window : windows_)
    hash.update(format_shortest(window.low) + " " + format_shortest(window.high) + "\n");
  return hash.finish();
}

}  // namespace molbridge::service
