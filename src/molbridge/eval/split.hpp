#pragma once
// Splits of molecules into folds that share nothing of a kind: formulas, InChIKey blocks, Murcko scaffolds, MCES clusters, Murcko
// histograms. And the check of any folds for the same. Pure functions; thread-safe.
//
// A split is made in two steps: molecules that may not be parted are grouped, then whole groups are given to folds.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/chem/murcko_histogram.hpp"

namespace molbridge::eval {

enum class SplitBy { kFormula, kInchikey, kScaffold, kMces, kMurckoHistogram };
/// "formula", "inchikey", "scaffold", "mces", "murcko-histogram".
std::string name(SplitBy by);
const std::vector<SplitBy>& all_split_kinds();
/// Errors: kUsage with the list and the nearest one.
SplitBy parse_split_by(std::string_view text);

/// Group of each key, numbered from 0 in order of first appearance.
std::vector<std::size_t> group_by_key(std::span<const std::string> keys);

/// Fold of each item such that no group is parted. `shares` are of the items and sum to 1. Groups are taken by size, the largest first
/// (equal ones in an order drawn by `seed`), and each goes to the fold that lacks most: large groups end in the largest fold, and the
/// shares are met as well as the groups allow. Errors: kUsage for shares that are negative or do not sum to 1.
std::vector<int> assign_folds(std::span<const std::size_t> group_of, std::span<const double> shares,
                              std::uint64_t seed);

/// The split of DreaMS: groups of equal histograms, the largest first; from the middle one up to the largest, a group goes to held-out data unless
/// its histogram is alike (chem::murcko_alike) to one that is there already or the share is reached; everything else is fold 0. Held-out
/// folds are filled in the order of their shares, shares[0] is that of training. No randomness. Errors: as assign_folds.
std::vector<int> assign_murcko_folds(std::span<const chem::MurckoHistogram> histograms, std::span<const double> shares);

/// What two or more folds share.
struct SharedKeys {
  std::uint64_t count = 0;  ///< keys that stand in more than one fold
  std::size_t first = 0;    ///< the first two items, in order, that show it; meaningful if count > 0
  std::size_t second = 0;
};
SharedKeys find_shared(std::span<const std::string> keys, std::span<const int> folds);

}  // namespace molbridge::eval
