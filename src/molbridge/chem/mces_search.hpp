#pragma once
// Private to chem: exact branch and bound for the MCES distance.

#include <cstdint>
#include <vector>

#include "molbridge/chem/mces_problem.hpp"

namespace molbridge::chem {

struct McesSearchResult {
  bool complete = false;     ///< false: the node limit came first
  bool found = false;        ///< a mapping of at least the profit asked for
  int profit = 0;            ///< of the best one; meaningful if found
  std::vector<int> partner;  ///< partner in b of each atom of a, or -1
  std::int64_t nodes = 0;
};

/// The best mapping of at least `least_profit`, or the proof that there is none. Depth first over the partners of one atom after
/// another; the bound is a Lagrangian one: each pair of bonds gives its profit in two shares, one to the atom pair at either end, and
/// then atoms are assigned by the best that each pair can collect; shares are moved to where they hurt the bound (dual ascent as for
/// quadratic assignment: Hahn, Grant, Oper. Res. 46, 912 (1998), 10.1287/opre.46.6.912). Atom pairs and bond pairs that no mapping
/// better than the best one can hold are struck out on the way.
/// `any_will_do`: the first mapping found ends the search, complete or not.
McesSearchResult search_mces(const McesProblem& problem, int least_profit, std::int64_t max_nodes,
                             bool any_will_do = false);

}  // namespace molbridge::chem
