#include "molbridge/fragment/annotation.hpp"

#include <string>
#include <vector>

#include "molbridge/chem/fragment_smiles.hpp"
#include "molbridge/core/error.hpp"

namespace molbridge::fragment {

mass::Formula formula_of(const Structure& structure, AtomSet atoms) {
  mass::Formula formula;
  for_each_atom(atoms, [&](int index) {
    const Atom& atom = structure.atoms()[static_cast<std::size_t>(index)];
    formula.add(atom.nuclide, 1);
    formula.add({1, 0}, atom.hydrogens);
  });
  return formula;
}

mass::Formula formula_of(const Structure& structure) {
  mass::Formula formula = formula_of(structure, structure.all());
  int charge = 0;
  for (const Atom& atom : structure.atoms()) charge += atom.charge;
  formula.set_charge(charge);
  return formula;
}

mass::Formula ion_formula(const Structure& structure, const Fragment& fragment, int channel,
                          const IonContext& context) {
  const int hydrogens = fragment.hydrogens() + shift_of_channel(channel);
  const bool with_metal = channel >= kHydrogenShifts;
  MOLBRIDGE_CHECK(hydrogens >= 0 && !(with_metal && context.metal == 0), std::to_string(channel));
  mass::Formula formula = formula_of(structure, fragment.atoms);
  formula.add({1, 0}, shift_of_channel(channel));
  if (with_metal) formula.add({context.metal, 0}, 1);
  formula.set_charge(context.charge_sign);
  return formula;
}

std::string part_smiles(const chem::Molecule& molecule, const Fragment& fragment) {
  std::vector<int> atoms;
  for_each_atom(fragment.atoms, [&](int atom) { atoms.push_back(atom); });
  return chem::fragment_smiles(molecule, atoms);
}

}  // namespace molbridge::fragment
