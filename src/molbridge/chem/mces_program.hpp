#pragma once
// Private to chem: the MCES distance as an integer program, solved by CBC.

#include "molbridge/chem/mces_problem.hpp"

namespace molbridge::chem {

struct McesProgramResult {
  bool complete = false;  ///< false: out of time
  bool found = false;     ///< a mapping of at least the profit asked for
  int profit = 0;         ///< of the best one; meaningful if found
};

/// The program of the definition with profits in place of costs: y(i, j) for atom pairs of one element, c(e, f) for bond pairs whose
/// ends fit; every atom and every bond at most once; the c of the bonds of atom i with bond f at most the y of i with the ends of f,
/// and the other way round. `seconds` may be infinite.
/// Not attempted (incomplete) for more than 20,000 atom pairs of one element. Thread-safe: a model of its own per call.
McesProgramResult solve_mces_program(const McesProblem& problem, int least_profit, double seconds);

}  // namespace molbridge::chem
