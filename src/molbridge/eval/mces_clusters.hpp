#pragma once
// Molecules linked by small MCES distances: clusters for a split, and molecules that a split leaves too close.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "molbridge/chem/mces.hpp"
#include "molbridge/core/progress.hpp"

namespace molbridge::eval {

struct McesNeighborOptions {
  double cut = 10;  ///< molecules closer than this belong together
  std::size_t threads = 1;
  /// Nodes of the search for one pair. A pair that is not decided by then counts as too close, which keeps the split safe.
  std::int64_t max_nodes = 200'000;
};

/// How the pairs were decided; they add up to `pairs`.
struct McesPairCounts {
  std::uint64_t pairs = 0;
  std::uint64_t bounded = 0;    ///< a lower bound is at or above the cut
  std::uint64_t linked = 0;     ///< both molecules were linked already, through others: not asked
  std::uint64_t searched = 0;   ///< decided by search
  std::uint64_t undecided = 0;  ///< out of nodes
};

struct McesClusters {
  std::vector<std::size_t> cluster_of;  ///< numbered from 0 in order of first appearance
  McesPairCounts counts;
};

/// Single linkage: the connected components of "distance < cut". Exact: bounds only ever rule out. The outcome depends neither on threads nor
/// on the order of the molecules (but for their numbering). Cost: all pairs pass a bound of 50 ns; see docs/benchmarks.md. Errors: kCancelled.
McesClusters mces_clusters(std::span<const chem::McesGraph> graphs, const McesNeighborOptions& options,
                           Progress& progress);

/// Molecules that are closer than the cut to one of an earlier fold (of a smaller number).
struct CloseMolecules {
  std::uint64_t count = 0;
  std::size_t molecule = 0;  ///< the first of them, in order, and a molecule it is close to; meaningful if count > 0
  std::size_t partner = 0;
  McesPairCounts counts;  ///< `linked`: not asked, since a partner was found already
};
/// Partners are asked in the order of a bound, and the first close one ends the search for a molecule, so that folds that share much cost no
/// more than folds that share nothing. count is 0 if and only if no two folds hold a close pair (an undecided pair counts as close).
CloseMolecules find_close_molecules(std::span<const chem::McesGraph> graphs, std::span<const int> folds,
                                    const McesNeighborOptions& options, Progress& progress);

}  // namespace molbridge::eval
