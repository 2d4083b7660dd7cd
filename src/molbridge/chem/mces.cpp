#include "molbridge/chem/mces.hpp"

#include <algorithm>

#include "molbridge/chem/mces_problem.hpp"
#include "molbridge/chem/mces_program.hpp"
#include "molbridge/chem/mces_search.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/threads.hpp"

namespace molbridge::chem {
namespace {

McesDistance exact_or_threshold(const McesProblem& problem, bool found, int profit, double threshold) {
  if (found) return {problem.distance(profit), McesKind::kExact};
  return {threshold, McesKind::kThreshold};
}

McesProgramResult ask_program(const McesProblem& problem, int wanted, const McesOptions& options) {
  return options.solver_seconds > 0 ? solve_mces_program(problem, wanted, options.solver_seconds) : McesProgramResult{};
}

McesDistance solve(const McesProblem& problem, const McesOptions& options) {
  int wanted = problem.least_profit_below(options.threshold);
  McesSearchResult searched;
  if (options.solver == McesSolver::kBranchAndBound) {
    searched = search_mces(problem, wanted, options.max_nodes);
    if (searched.complete) return exact_or_threshold(problem, searched.found, searched.profit, options.threshold);
    if (searched.found) wanted = searched.profit + 1;
  }
  const McesProgramResult solved = ask_program(problem, wanted, options);
  const int profit = solved.found ? solved.profit : searched.profit;
  McesDistance distance = exact_or_threshold(problem, solved.found || searched.found, profit, options.threshold);
  if (!solved.complete) {
    distance.kind = McesKind::kTimeLimit;
    distance.value = std::min(distance.value, problem.distance(0));  // no mapping found and no threshold: none at all
  }
  return distance;
}

}  // namespace

std::string name(McesKind kind) {
  switch (kind) {
    case McesKind::kExact: return "exact";
    case McesKind::kLowerBound: return "lower_bound";
    case McesKind::kThreshold: return "threshold";
    case McesKind::kTimeLimit: return "time_limit";
  }
  return "";
}

McesDistance mces_distance(const McesGraph& a, const McesGraph& b, const McesOptions& options) {
  MOLBRIDGE_CHECK(options.threshold > 0, std::to_string(options.threshold));
  if (!options.always_stronger_bound) {
    const double weak = mces_degree_bound(a, b);
    if (weak > options.threshold) return {weak, McesKind::kLowerBound};
  }
  const double strong = mces_assignment_bound(a, b);
  if (strong > options.threshold) return {strong, McesKind::kLowerBound};
  return solve(McesProblem(a, b), options);
}

McesDistance mces_distance(const Molecule& a, const Molecule& b, const McesOptions& options) {
  return mces_distance(mces_graph(a), mces_graph(b), options);
}

std::optional<bool> mces_below(const McesGraph& a, const McesGraph& b, double cut, const McesOptions& options) {
  MOLBRIDGE_CHECK(cut > 0, std::to_string(cut));
  if (mces_degree_bound(a, b) >= cut || mces_assignment_bound(a, b) >= cut) return false;
  const McesProblem problem(a, b);
  const int wanted = problem.least_profit_below(cut);
  if (options.solver == McesSolver::kBranchAndBound) {
    const McesSearchResult searched = search_mces(problem, wanted, options.max_nodes, true);
    if (searched.found) return true;
    if (searched.complete) return false;
  }
  const McesProgramResult solved = ask_program(problem, wanted, options);
  if (solved.found) return true;
  return solved.complete ? std::optional(false) : std::nullopt;
}

std::vector<McesDistance> mces_distances(std::span<const McesGraph> graphs, std::span<const McesPair> pairs,
                                         const McesOptions& options, std::size_t threads) {
  std::vector<McesDistance> distances(pairs.size());
  parallel_for(pairs.size(), resolve_threads(threads), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      check_interrupt();
      distances[k] = mces_distance(graphs[pairs[k].first], graphs[pairs[k].second], options);
    }
  });
  return distances;
}

}  // namespace molbridge::chem
