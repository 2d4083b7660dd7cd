#pragma once
// Myopic MCES distance: what is left of the bonds of two molecules after their best common edge subgraph is taken away. It judges
// how far a wrong answer is from the truth (MCES@1) and keeps training and test molecules apart (splits). Thread-safe: values and
// pure functions; every solver run has a model of its own.
//
// Definition. Nodes are heavy atoms, labelled by element alone; an edge weighs its bond order (1, 1.5, 2, 3). Atoms are mapped one to
// one onto atoms of the same element, any number may stay unmapped. A bond whose two ends map onto the ends of a bond of the other
// molecule costs the difference of the two weights, every other bond of either molecule costs its weight; the distance is the least
// total. It is a metric up to isomorphism of these graphs. "Myopic": above a threshold a bound is enough.
// Source: Kretschmer, Seipp, Ludwig, Klau, Böcker, Nat. Commun. 16, 554 (2025), 10.1038/s41467-024-55462-w; Python package myopic-mces.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/chem/molecule.hpp"

namespace molbridge::chem {

/// The graph of the definition. Hand-made ones are welcome: bond orders must be positive multiples of 0.5, ends different and
/// below elements.size(), no bond twice; MOLBRIDGE_CHECK otherwise.
struct McesGraph {
  struct Bond {
    int begin = 0;
    int end = 0;
    double order = 1;
  };
  std::vector<int> elements;  ///< atomic number of each heavy atom
  std::vector<Bond> bonds;
};

/// All atoms that the structure names, a written hydrogen (deuterium) included, as in the package. Dative bonds count as 1; bonds without
/// an order (zero-order, hydrogen bonds) are left out.
McesGraph mces_graph(const Molecule& molecule);

enum class McesSolver {
  kBranchAndBound,  ///< our own search; what it cannot end within `max_nodes` goes to the integer program
  kIntegerProgram,  ///< always the integer program, solved by CBC: slower, the oracle of tests
};

struct McesOptions {
  /// Distances at or above it are not told apart.
  double threshold = 15;
  /// As in the package: the second, stronger bound decides at once. Otherwise the first one is asked before it, which is cheaper
  /// and, where it exceeds the threshold, gives another (smaller) bound as the value.
  bool always_stronger_bound = true;
  McesSolver solver = McesSolver::kBranchAndBound;
  /// Nodes of our own search before the integer program takes over, and a thousand times as many evaluations of an atom pair (about a
  /// minute by default). Counted, not timed: results do not depend on the machine.
  std::int64_t max_nodes = 500'000;
  /// Time for one integer program; only a run that meets it may differ between machines. 0: it is not asked, and what our own search
  /// cannot end counts as out of time. Infinity: no limit.
  double solver_seconds = 30;
};

enum class McesKind {
  kExact,       ///< `value` is the distance; it is below the threshold
  kLowerBound,  ///< a bound exceeds the threshold: `value` is the bound, the distance is at least that
  kThreshold,   ///< the distance is at least the threshold (proved by search): `value` is the threshold
  kTimeLimit,  ///< the search ran out of nodes and the solver out of time: `value` is the best mapping found, or the threshold; the distance is at most
               ///< the former
};
/// "exact", "lower_bound", "threshold", "time_limit".
std::string name(McesKind kind);

struct McesDistance {
  double value = 0;
  McesKind kind = McesKind::kExact;
};

/// Symmetric in its arguments. Cost: see docs/benchmarks.md; some ms for drug-size molecules of one formula at threshold 15, far
/// less where a bound decides. Errors: kInternal for graphs that break the rules above.
McesDistance mces_distance(const McesGraph& a, const McesGraph& b, const McesOptions& options = {});
/// Sanitised by the same toolkit, so spelling does not matter. Stereo, charges, isotopes and hydrogens are not seen.
McesDistance mces_distance(const Molecule& a, const Molecule& b, const McesOptions& options = {});

/// Whether the distance is below `cut`; a mapping that shows it ends the search, so this costs less than the distance. nullopt where that
/// would be kTimeLimit. options.threshold is not used.
std::optional<bool> mces_below(const McesGraph& a, const McesGraph& b, double cut, const McesOptions& options = {});

/// Of every pair (indices into `graphs`), in the order of `pairs`, whatever the number of threads (0: all cores).
struct McesPair {
  std::size_t first = 0;
  std::size_t second = 0;
};
std::vector<McesDistance> mces_distances(std::span<const McesGraph> graphs, std::span<const McesPair> pairs,
                                         const McesOptions& options = {}, std::size_t threads = 0);

/// Bound 1: per element, weighted degrees sorted and paired in order; half the sum of differences. Never above the distance.
/// Cost: O(atoms log atoms).
double mces_degree_bound(const McesGraph& a, const McesGraph& b);
/// Bound 2: per element, the cheapest assignment of atoms by their neighbourhoods (Hungarian algorithm). Between bound 1 and the
/// distance. Cost: O(atoms^3).
double mces_assignment_bound(const McesGraph& a, const McesGraph& b);

}  // namespace molbridge::chem
