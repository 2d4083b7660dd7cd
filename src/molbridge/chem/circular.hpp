#pragma once
// A fingerprint of circular environments straight from the graph: of the kind of ECFP4, ten times cheaper than reading the SMILES again. Pure functions;
// thread-safe.
//
// Every atom begins with a code of what it is (element, isotope, bonds, hydrogens, charge, ring, aromatic) and takes in, twice, the codes of its neighbours with their bonds;
// each code of each round sets one bit. Source of the algorithm: Rogers and Hahn, "Extended-connectivity fingerprints" (2010); codes and
// hash are ours, and environments that cover the same bonds are not merged.

#include "molbridge/chem/fingerprint.hpp"
#include "molbridge/chem/graph.hpp"

namespace molbridge::chem {

inline constexpr int kCircularBits = 2048;
inline constexpr int kCircularRadius = 2;

/// Follows from the graph up to the order of its atoms. Cost: some 5 us.
BitFingerprint circular(const MolecularGraph& graph);

}  // namespace molbridge::chem
