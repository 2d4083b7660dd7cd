#include "molbridge/retrieve/candidates.hpp"

#include <numeric>

namespace molbridge::retrieve {
namespace {

/// The masses of a bank are those of its molecules as they are, ions with electrons missing or added. Rows nearer than
/// this to an end of the window are looked at one by one. u; four charges.
constexpr double kChargeMargin = 4 * mass::kElectronMass;

/// Appends the rows of the band whose atoms weigh what the window asks for.
void add_checked(const bank::Bank& bank, bank::RowRange band, mass::Tolerance::Window window,
                 std::vector<std::uint64_t>& rows) {
  const auto records = bank.records(band);
  for (std::uint64_t i = 0; i < records.size(); ++i) {
    if (window.contains(atom_mass(records[i]))) rows.push_back(band.begin + i);
  }
}

/// Charge at the end of a Hill formula, "C5H14NO+", "C12H14N2+2"; read without parsing the rest, since pools are large.
int formula_charge(std::string_view formula) {
  const std::size_t sign = formula.find_last_of("+-");
  if (sign == std::string_view::npos) return 0;
  int size = 0;
  for (const char c : formula.substr(sign + 1)) size = size * 10 + (c - '0');
  if (sign + 1 == formula.size()) size = 1;
  return formula[sign] == '+' ? size : -size;
}

}  // namespace

double atom_mass(const bank::MoleculeRecord& record) {
  return record.mass + formula_charge(record.formula) * mass::kElectronMass;
}

mass::Tolerance::Window mass_window(const mass::Adduct& adduct, double precursor_mz, const mass::Tolerance& tolerance) {
  const auto mz = tolerance.around(precursor_mz);
  return {adduct.neutral_mass(mz.low), adduct.neutral_mass(mz.high)};
}

namespace {

/// Holds every row of the window and some beside it.
bank::RowRange wide_range(const bank::Bank& bank, mass::Tolerance::Window window) {
  return bank.window({window.low - kChargeMargin, window.high + kChargeMargin});
}

}  // namespace

bool may_have_rows(const bank::Bank& bank, const mass::Adduct& adduct, double precursor_mz,
                   const mass::Tolerance& tolerance) {
  return wide_range(bank, mass_window(adduct, precursor_mz, tolerance)).size() > 0;
}

std::vector<std::uint64_t> rows_in_window(const bank::Bank& bank, const mass::Adduct& adduct, double precursor_mz,
                                          const mass::Tolerance& tolerance) {
  const auto window = mass_window(adduct, precursor_mz, tolerance);
  const auto wide = wide_range(bank, window);
  auto sure = bank.window({window.low + kChargeMargin, window.high - kChargeMargin});
  if (sure.size() == 0) sure = {wide.end, wide.end};  // a narrow window: every row is near an end
  std::vector<std::uint64_t> rows;
  add_checked(bank, {wide.begin, sure.begin}, window, rows);
  const std::size_t checked = rows.size();
  rows.resize(checked + sure.size());
  std::iota(rows.begin() + static_cast<std::ptrdiff_t>(checked), rows.end(), sure.begin);
  add_checked(bank, {sure.end, wide.end}, window, rows);
  return rows;
}

std::vector<std::vector<std::uint64_t>> candidate_rows(const bank::Bank& bank, const Query& query,
                                                       const QueryOptions& options) {
  std::vector<std::vector<std::uint64_t>> rows;
  for (const Hypothesis& hypothesis : query.hypotheses) {
    rows.push_back(options.formula ? bank.rows_of_formula(*options.formula)
                                   : rows_in_window(bank, hypothesis.adduct, query.precursor_mz, options.tolerance));
  }
  return rows;
}

}  // namespace molbridge::retrieve
