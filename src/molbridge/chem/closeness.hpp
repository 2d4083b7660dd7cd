#pragma once
// When a wrong molecule is nearly right. Thread-safe: pure functions.

#include "molbridge/chem/molecule.hpp"

namespace molbridge::chem {

inline constexpr double kCloseTanimoto = 0.7;  ///< from here on; Morgan radius 2, 2048 bits
inline constexpr double kCloseMces = 4;        ///< up to here

/// Either is enough. Requires standardised molecules. Cost: 0.1 ms where the fingerprints decide, else mces_below(), some ms at most for drugs; a
/// pair that its search cannot decide is not close.
bool is_close(const Molecule& a, const Molecule& b);

}  // namespace molbridge::chem
