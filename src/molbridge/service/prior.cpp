#include "molbridge/service/prior.hpp"

#include <algorithm>
#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/core/interrupt.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service/link_task_table.hpp"

namespace molbridge::service {
namespace {

double parsed_value(const std::string& text, const std::string& file, std::uint64_t line) {
  const auto value = parse_double(text);
  if (value && std::isfinite(*value) && *value >= 0) return *value;
  throw Error(ErrorCode::kInput, "prior '" + text + "' is no number of 0 or more").at_line(file, line);
}

}  // namespace

std::optional<double> Prior::value(std::uint64_t row) const {
  const auto found = of_row.find(row);
  return found == of_row.end() ? std::nullopt : std::optional(found->second);
}

double Prior::bonus(std::uint64_t row) const { return weight * std::log1p(value(row).value_or(0)); }

Prior read_prior(const std::string& file, const std::string& column, double weight, const bank::Bank& bank) {
  if (!std::isfinite(weight)) throw Error(ErrorCode::kUsage, "--prior-weight must be a number");
  Prior prior{.file = file, .column = column, .digest = "", .weight = weight};
  const ColumnTable table = read_columns(file, {"inchikey14", column});
  if (table.bad_rows > 0) {
    throw Error(ErrorCode::kInput,
                std::to_string(table.bad_rows) + " rows have another number of fields than the header")
        .in_file(file)
        .remedy("A prior that is read in part would rank in part; mend the table.");
  }
  prior.digest = sha256_file(file);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    check_interrupt();
    const double value = parsed_value(table.rows[i][1], file, table.lines[i]);
    ++prior.molecules;
    for (const std::uint64_t row : bank.rows_of_inchikey14(table.rows[i][0])) {
      double& kept = prior.of_row.try_emplace(row, value).first->second;
      kept = std::max(kept, value);
    }
  }
  return prior;
}

}  // namespace molbridge::service
