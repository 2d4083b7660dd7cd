// SMILES from unknown hands: standardised, and everything that is made of a molecule. Standardising the result again must
// change nothing.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/chem/molecule.hpp"

namespace {

using molbridge::chem::Molecule;

void check_fixpoint(const Molecule& molecule, const molbridge::chem::StandardizeOptions& options) {
  const auto again = molbridge::chem::standardize(molecule.smiles(), options);
  if (!again || again->smiles() != molecule.smiles()) std::abort();
}

void use(const Molecule& molecule) {
  (void)molbridge::chem::inchikey(molecule);
  (void)molbridge::chem::morgan(molecule);
  (void)molecule.murcko_scaffold();
  (void)molecule.monoisotopic_mass();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 400) return 0;  // limits on size have unit tests; here time is better spent on shapes
  const std::string_view smiles(reinterpret_cast<const char*>(data), size);
  const auto plain = molbridge::chem::standardize(smiles);
  const auto stereo = molbridge::chem::standardize(smiles, {.keep_stereo = true});
  const auto given = Molecule::from_smiles(smiles);
  if (plain) {
    check_fixpoint(*plain, {});
    use(*plain);
  }
  if (stereo) {
    check_fixpoint(*stereo, {.keep_stereo = true});
    use(*stereo);
  }
  if (given) use(*given);
  return 0;
}

// RDKit's parsers leak on some inputs that they refuse.
extern "C" const char* __lsan_default_suppressions() { return "leak:RDKit"; }
