#pragma once
// Private to chem: the Lagrangian upper bound on the profit at one node of the MCES search.

#include <vector>

#include "molbridge/chem/assignment.hpp"
#include "molbridge/chem/mces_problem.hpp"

namespace molbridge::chem {

/// Keeps its workspace. Not thread-safe.
class McesBound {
 public:
  explicit McesBound(const McesProblem& problem)
      : problem_(problem), partner_(static_cast<std::size_t>(problem.a.size()), -1) {}

  /// Upper bound on the profit of mappings that the node allows, or a negative number where it allows none. Fills `value` and
  /// `slack` of pairs and `spare` of slots.
  double evaluate(McesNode& node);
  /// The assignment behind the last bound, as partners of the atoms of a.
  const std::vector<int>& partner() const { return partner_; }

  /// Marks dead what no mapping of at least `target` can hold, given the bound of evaluate(). Whether anything died.
  static bool strike_out(McesNode& node, double bound, int target);
  /// Moves shares between the two ends of bond pairs, towards the one that can take more without raising the bound.
  static void balance(McesNode& node);

 private:
  void evaluate_pair(McesNode& node, McesAtomPair& pair);
  double assign_block(McesNode& node, std::size_t first, std::size_t end);

  const McesProblem& problem_;
  AssignmentSolver solver_;
  std::vector<double> cost_;
  std::vector<int> partner_;
};

}  // namespace molbridge::chem
