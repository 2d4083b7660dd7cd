#include "molbridge/eval/capped_pool.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "molbridge/core/error.hpp"

namespace molbridge::eval {
namespace {

/// std::lgamma writes a global variable; this reentrant form does not.
double log_factorial(std::uint64_t n) {
  int sign = 0;
  return lgamma_r(static_cast<double>(n) + 1, &sign);
}

double log_choose(std::uint64_t n, std::uint64_t k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

}  // namespace

CappedExpectation expected_in_capped_pool(std::uint64_t others, std::uint64_t above, std::uint64_t kept) {
  MOLBRIDGE_CHECK(above <= others && kept <= others,
                  std::to_string(others) + " " + std::to_string(above) + " " + std::to_string(kept));
  const std::uint64_t below = others - above;
  CappedExpectation out;
  for (std::uint64_t hit = kept > below ? kept - below : 0; hit <= std::min(above, kept); ++hit) {
    const double chance = std::exp(log_choose(above, hit) + log_choose(below, kept - hit) - log_choose(others, kept));
    const std::uint64_t rank = hit + 1;
    out.recall_at_1 += rank <= 1 ? chance : 0;
    out.recall_at_5 += rank <= 5 ? chance : 0;
    out.recall_at_20 += rank <= 20 ? chance : 0;
    out.reciprocal_rank += chance / static_cast<double>(rank);
  }
  return out;
}

}  // namespace molbridge::eval
