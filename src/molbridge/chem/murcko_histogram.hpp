#pragma once
// Murcko histograms: ring systems of a molecule counted by how they are joined. Groups of equal histograms are the units of the
// train-validation split of DreaMS. Thread-safe: values and pure functions.

#include <map>
#include <string>
#include <utility>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::chem {

/// Per ring (with the rings it forms a bridged system with): how many other ring systems are fused to it, in shared atoms / 2, and how
/// many of its atoms begin a linker; and the number of such rings. Empty for acyclic molecules.
using MurckoHistogram = std::map<std::pair<int, int>, int>;

/// Three-membered rings are opened first, then the Murcko scaffold is taken. Rings are those of RDKit's symmetrised set.
/// Source: Bushuiev et al., Nat. Biotechnol. (2025), 10.1038/s41587-025-02663-3, and the code of DreaMS, whose results it equals.
MurckoHistogram murcko_histogram(const Molecule& molecule);

/// "0_1:2 1_0:1", "" for an empty one: a key for grouping.
std::string to_text(const MurckoHistogram& histogram);
/// Sum of absolute differences.
int murcko_distance(const MurckoHistogram& a, const MurckoHistogram& b);
/// Whether two histograms are too alike for different folds: equal where the smaller has at most 3 rings, else at a distance of at most 4.
bool murcko_alike(const MurckoHistogram& a, const MurckoHistogram& b);

}  // namespace molbridge::chem
