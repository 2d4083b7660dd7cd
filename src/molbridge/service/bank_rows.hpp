#pragma once
// Which molecules of a bank a search is about: by mass, by formula, or all of them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/bank/bank.hpp"

namespace molbridge::service {

struct BankRestriction {
  std::optional<double> mass;          ///< u, monoisotopic, of the neutral molecule
  double ppm = 10;                     ///< half width of the window around `mass`
  std::optional<std::string> formula;  ///< exact
};

/// Errors: kUsage for a mass that is no positive number.
void check_restriction(const BankRestriction& restriction);
/// Rows that fit, ascending; nullopt when nothing restricts them. Errors: kUsage for a formula that does not parse.
std::optional<std::vector<std::uint64_t>> restricted_rows(const bank::Bank& bank, const BankRestriction& restriction);

}  // namespace molbridge::service
