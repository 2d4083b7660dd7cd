#pragma once
// Private to chem: a good mapping made better, for a first answer of the MCES search.

#include <vector>

#include "molbridge/chem/mces_problem.hpp"

namespace molbridge::chem {

/// Exchanges the partners of two atoms of one element, or takes an unused partner, as long as that raises the profit.
void improve_mapping(const McesProblem& problem, std::vector<int>& partner);

}  // namespace molbridge::chem
