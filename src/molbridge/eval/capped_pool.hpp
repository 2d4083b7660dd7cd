#pragma once
// What a rank would be in a smaller pool. Thread-safe: pure functions.

#include <array>
#include <cstdint>

namespace molbridge::eval {

/// Expected values over all choices of `kept` of a truth's `others` candidates, `above` of which score at least as much as it: the
/// number above among the kept is hypergeometric. No sampling, no seed.
struct CappedExpectation {
  double recall_at_1 = 0;
  double recall_at_5 = 0;
  double recall_at_20 = 0;
  double reciprocal_rank = 0;
};

/// Requires above <= others and kept <= others. Cost: at most min(above, kept) + 1 terms.
CappedExpectation expected_in_capped_pool(std::uint64_t others, std::uint64_t above, std::uint64_t kept);

}  // namespace molbridge::eval
