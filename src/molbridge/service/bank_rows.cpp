#include "molbridge/service/bank_rows.hpp"

#include <cmath>
#include <numeric>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

mass::Formula parse_formula(const std::string& text) {
  auto formula = mass::Formula::parse(text);
  if (!formula) throw Error(ErrorCode::kUsage, "formula '" + text + "': " + formula.reason());
  return *formula;
}

}  // namespace

void check_restriction(const BankRestriction& restriction) {
  if (!restriction.mass || (std::isfinite(*restriction.mass) && *restriction.mass > 0)) return;
  throw Error(ErrorCode::kUsage, "the mass must be a positive number of u, not " + format_shortest(*restriction.mass));
}

std::optional<std::vector<std::uint64_t>> restricted_rows(const bank::Bank& bank, const BankRestriction& restriction) {
  if (!restriction.formula && !restriction.mass) return std::nullopt;
  const auto window = [&] { return mass::Tolerance::ppm(restriction.ppm).around(*restriction.mass); };
  std::vector<std::uint64_t> rows;
  if (restriction.formula) {
    rows = bank.rows_of_formula(parse_formula(*restriction.formula));
    if (restriction.mass)
      std::erase_if(rows, [&](std::uint64_t row) { return !window().contains(bank.masses()[row]); });
    return rows;
  }
  const bank::RowRange range = bank.window(window());
  rows.resize(range.size());
  std::iota(rows.begin(), rows.end(), range.begin);
  return rows;
}

}  // namespace molbridge::service
