#include "molbridge/chem/closeness.hpp"

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/chem/mces.hpp"

namespace molbridge::chem {

bool is_close(const Molecule& a, const Molecule& b) {
  if (tanimoto(morgan(a), morgan(b)) >= kCloseTanimoto) return true;
  constexpr double kNext = 0.25;  // distances are multiples of a half
  McesOptions options;
  options.solver_seconds = 0;  // the same answer on every machine
  return mces_below(mces_graph(a), mces_graph(b), kCloseMces + kNext, options).value_or(false);
}

}  // namespace molbridge::chem
