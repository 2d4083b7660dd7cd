#include "molbridge/service/result_table.hpp"

#include <cmath>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/service/output.hpp"

namespace molbridge::service {
namespace {

/// Six decimals, or six digits where that would leave fewer.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double digits = std::max(6.0, 5 - std::floor(std::log10(std::abs(value))));
  const double factor = std::pow(10.0, std::min(digits, 300.0));
  const double result = std::round(value * factor) / factor;
  return std::isfinite(result) ? result : value;
}

std::string cell_text(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return tsv_cell(*text);
  if (const auto* count = std::get_if<std::uint64_t>(&cell)) return std::to_string(*count);
  if (const auto* number = std::get_if<double>(&cell)) {
    return std::isfinite(*number) ? format_shortest(rounded(*number)) : "";
  }
  return "";
}

Json cell_json(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return valid_utf8(*text);
  if (const auto* count = std::get_if<std::uint64_t>(&cell)) return *count;
  if (const auto* number = std::get_if<double>(&cell)) {
    if (std::isfinite(*number)) return rounded(*number);
  }
  return nullptr;
}

Json table_json(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < table.columns.size(); ++i) object[table.columns[i]] = cell_json(row[i]);
    rows.push_back(std::move(object));
  }
  return rows;
}

Json head_json(const Analysis& analysis) {
  Json json = {{"tool", "molbridge"}, {"version", version()}, {"analysis", analysis.kind}};
  for (const auto& [name, value] : analysis.facts) json[name] = cell_json(value);
  return json;
}

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string to_tsv(const Table& table) {
  std::string out = join(table.columns, "\t") + "\n";
  for (const auto& row : table.rows) {
    MOLBRIDGE_CHECK(row.size() == table.columns.size(), out);
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : "\t") + cell_text(row[i]);
    out += "\n";
  }
  return out;
}

std::string to_json(const Analysis& analysis) {
  Json json = head_json(analysis);
  for (const auto& [name, table] : analysis.tables) json[name] = table_json(table);
  return dump(json);
}

void check_output(const AnalysisOutput& output) {
  if (!output.figure.empty()) (void)plot::format_of(output.figure);
}

void write_analysis(const Analysis& analysis, const AnalysisOutput& output) {
  const auto file = open_output(output.output);
  file->write(output.format == "json" ? to_json(analysis) : to_tsv(analysis.tables.front().second));
  file->commit();
  if (output.output != "-" && output.format != "json") {
    write_file_atomically(output.output + ".run.json", dump(head_json(analysis)));
  }
  if (!output.figure.empty()) {
    write_file_atomically(output.figure, plot::render(analysis.figure, plot::format_of(output.figure)));
  }
}

}  // namespace molbridge::service
