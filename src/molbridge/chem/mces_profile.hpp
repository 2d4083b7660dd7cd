#pragma once
// What a lower bound on the MCES distance needs of a molecule, computed once: for comparing all pairs of many molecules.
// Thread-safe: values and pure functions.

#include <cstdint>
#include <vector>

#include "molbridge/chem/mces.hpp"

namespace molbridge::chem {

/// Weights in groups, each sorted falling; groups sorted by key. Weights are doubled bond orders.
struct WeightGroups {
  struct Group {
    std::int32_t key = 0;
    std::int32_t begin = 0;
    std::int32_t end = 0;
  };
  std::vector<Group> groups;
  std::vector<std::int32_t> weights;
};

struct McesProfile {
  explicit McesProfile(const McesGraph& graph);
  WeightGroups degrees;  ///< weighted degrees of the atoms, by element
  WeightGroups bonds;    ///< bonds, by the elements of their ends
};

/// The larger of the degree bound (mces_degree_bound) and of the bond bound: per pair of elements, bonds sorted by weight and paired in
/// order, sum of differences, leftovers full. Never above the distance. Cost: about 50 ns.
double mces_quick_bound(const McesProfile& a, const McesProfile& b);

}  // namespace molbridge::chem
