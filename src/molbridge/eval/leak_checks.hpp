#pragma once
// The checks of a leak audit that need nothing but the candidate lists. Page: docs/audit.md. Pure functions; thread-safe.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "molbridge/eval/leak.hpp"
#include "molbridge/eval/leak_spelling.hpp"
#include "molbridge/eval/leak_statistics.hpp"

namespace molbridge::eval {

/// A candidate string with all that is asked of it. Empty facts where it does not parse.
struct LeakCandidate {
  SpelledCandidate spelling;
  std::string inchikey14;
  std::string formula;                ///< Hill, of the standardised structure
  double mass = 0;                    ///< monoisotopic, u
  std::vector<std::uint16_t> morgan;  ///< set bits of the Morgan fingerprint, radius 2, 1024 bits
};

/// Cost: about 2 ms.
LeakCandidate describe_candidate(std::string given);

/// The list of one compound: rows of a table of candidates, in the order of the file, the truth at `truth`. Further entries that are the
/// truth too (same InChIKey block) are left out and counted.
struct LeakList {
  std::vector<std::uint32_t> candidates;
  std::size_t truth = 0;
  bool truth_added = false;  ///< the file did not have it; it stands last, as the spectra spell it
  std::uint64_t copies = 0;  ///< further entries that are the truth
};

/// Those that parse, one per InChIKey block, the truth among them; what a spelling cannot explain any more.
LeakList distinct_molecules(const LeakList& list, std::span<const LeakCandidate> table);

/// What the candidates look like in a set that is checked; the table must outlive it.
struct LeakSet {
  std::span<const LeakCandidate> table;
  std::vector<LeakList> lists;     ///< one per compound, as given
  std::vector<LeakList> distinct;  ///< distinct_molecules() of each
};
LeakSet make_leak_set(std::span<const LeakCandidate> table, std::vector<LeakList> lists);

/// Learned rules look at no more than this many compounds, drawn by seed.
inline constexpr std::size_t kMostLearnedLists = 1000;

/// Rules that look at strings. Lists that ends with the truth only because it was added are as good as others here: whoever adds it decides
/// its spelling.
std::vector<LeakCheck> spelling_checks(const LeakSet& set, const LeakOptions& options = {});
/// Rules that look at standardised structures: what the choice of decoys gives away.
std::vector<LeakCheck> structure_checks(const LeakSet& set, const LeakOptions& options = {});
/// Where the truth stands in its list. `declared_first`: the file's own convention marks the truth by its place.
std::vector<LeakCheck> order_checks(const LeakSet& set, bool declared_first, const LeakOptions& options = {});
/// Copies of the truth, missing truths, decoys of other formulas or masses, strings that do not parse, sizes.
std::vector<LeakCheck> content_checks(const LeakSet& set, const LeakOptions& options = {});

/// A check of a rule with its evidence, figures in percent.
LeakCheck ranker_check(std::string id, std::string title, const RankerOutcome& outcome, Judge judge,
                       std::string advice);
/// Smallest probability that any rule can reach on these lists: below it nothing can be shown.
double best_attainable(std::span<const LeakList> lists);

}  // namespace molbridge::eval
