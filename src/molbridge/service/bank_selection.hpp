#pragma once
// Which molecules a bank takes in: all, or only those that an evaluation on some spectra needs for its pools, so that a bank of a slow
// encoder stays small and gives the pools of the whole one.

#include <string>
#include <unordered_set>
#include <vector>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/core/progress.hpp"
#include "molbridge/mass/tolerance.hpp"

namespace molbridge::service {

struct BankSelectionOptions {
  std::vector<std::string> formulas_of;  ///< spectra: molecules with the formula of one of their structures
  std::vector<std::string> window_of;    ///< spectra: molecules within `ppm` of the mass of one of their structures
  double ppm = 10;
};

/// Threads: const use is safe.
class BankSelection {
 public:
  /// Errors: kInput for spectra that cannot be read, and for files in which no structure is usable.
  BankSelection(const BankSelectionOptions& options, std::size_t threads, Progress& progress);

  /// No selection: every molecule is wanted.
  bool takes_all() const { return formulas_.empty() && windows_.empty(); }
  /// Requires a standardised molecule. One of both conditions is enough where both are given.
  bool wants(const chem::Molecule& molecule) const;
  /// "" for all; differs where what is wanted differs.
  std::string digest() const;

 private:
  std::unordered_set<std::string> formulas_;      // Hill
  std::vector<mass::Tolerance::Window> windows_;  // by their low ends, as their centres ascend
};

}  // namespace molbridge::service
