// SMILES from unknown hands, taken apart: every fragment is a connected part, none comes twice, ions have the masses of their formulas, and the text
// of a standardised molecule gives the structure that the molecule gives.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/fragment/annotation.hpp"

namespace {

namespace fragment = molbridge::fragment;
using fragment::Structure;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_fragments(const Structure& structure, const fragment::Fragmentation& fragmentation) {
  std::set<fragment::AtomSet> seen;
  require(fragmentation.fragments.front().atoms == structure.all());
  for (const auto& part : fragmentation.fragments) {
    require(structure.is_connected(part.atoms) && seen.insert(part.atoms).second);
    require(part.bonds_cut() <= 4);
    require(std::abs(fragment::formula_of(structure, part.atoms).atom_mass() - part.mass) < 1e-6);
  }
}

void check_matches(const Structure& structure, const fragment::Fragmentation& fragmentation) {
  const double peaks[] = {27.0229, 50.0151, 77.0386, 105.0335, 120.0444};
  const fragment::IonContext context;
  for (const auto& match : fragment::match_peaks(fragmentation, peaks, context)) {
    const auto ion = fragment::ion_formula(structure, fragmentation.fragments[match.fragment], match.channel, context);
    require(!ion.has_negative_count());
    require(std::abs(ion.monoisotopic_mass() - peaks[match.peak]) < 0.0021);
  }
}

void check_text(std::string_view smiles, const Structure& structure) {
  const auto again = Structure::of_standardized(smiles);
  require(again && again->bonds().size() == structure.bonds().size() &&
          again->cuts().size() == structure.cuts().size());
  for (std::size_t i = 0; i < structure.cuts().size(); ++i) require(again->cuts()[i].side == structure.cuts()[i].side);
  for (std::size_t i = 0; i < structure.atoms().size(); ++i)
    require(again->atoms()[i].mass == structure.atoms()[i].mass);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 400) return 0;  // limits on size have unit tests
  const std::string_view smiles(reinterpret_cast<const char*>(data), size);
  (void)Structure::of_standardized(smiles);  // a bank may hold anything
  const auto molecule = molbridge::chem::standardize(smiles);
  if (!molecule) return 0;
  const auto structure = Structure::of(*molecule);
  if (!structure) return 0;
  const auto fragmentation = fragment::take_apart(*structure);
  check_fragments(*structure, fragmentation);
  check_matches(*structure, fragmentation);
  check_text(molecule->smiles(), *structure);
  (void)fragment::part_smiles(*molecule, fragmentation.fragments.back());
  return 0;
}

// RDKit's parsers leak on some inputs that they refuse.
extern "C" const char* __lsan_default_suppressions() { return "leak:RDKit"; }
