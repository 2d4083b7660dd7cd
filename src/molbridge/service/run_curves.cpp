#include "molbridge/service/run_curves.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

constexpr const char* kPositions[] = {"step", "epoch", "seconds"};
constexpr char kValidation[] = "validation.";

bool is_position(const std::string& column) {
  return std::find(std::begin(kPositions), std::end(kPositions), column) != std::end(kPositions);
}

double number_of(std::string_view cell, const std::string& path, std::uint64_t line) {
  if (cell.empty()) return std::nan("");
  const auto value = parse_double(cell);
  if (!value) {
    throw Error(ErrorCode::kInput, "\"" + std::string(cell) + "\" is no number")
        .at_line(path, line)
        .remedy("The file is damaged there; without the rows from that line on it can be read.");
  }
  return *value;
}

void add_row(std::string_view text, std::uint64_t line, CurveTable& table) {
  const auto cells = split(text, '\t');
  if (cells.size() != table.columns.size()) {
    throw Error(ErrorCode::kInput,
                std::to_string(cells.size()) + " cells where the header has " + std::to_string(table.columns.size()))
        .at_line(table.path, line)
        .remedy("The file is damaged there; without the rows from that line on it can be read.");
  }
  for (std::size_t i = 0; i < cells.size(); ++i) table.values[i].push_back(number_of(cells[i], table.path, line));
}

std::string without_end_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// The last `parts` parts of a path.
std::string path_end(const std::string& path, std::size_t parts) {
  std::size_t at = path.size();
  for (std::size_t i = 0; i < parts && at != std::string::npos && at > 0; ++i) at = path.rfind('/', at - 1);
  return at == std::string::npos || at == 0 ? path : path.substr(at + 1);
}

std::vector<std::string> short_names(const std::vector<std::string>& folders) {
  std::vector<std::string> names;
  for (std::size_t parts = 1; parts < 20; ++parts) {
    names.clear();
    for (const std::string& folder : folders) names.push_back(path_end(without_end_slashes(folder), parts));
    if (std::set<std::string>(names.begin(), names.end()).size() == names.size()) break;
  }
  return names;
}

RunCurves read_run(const std::string& folder, const std::string& label) {
  const std::string training = folder + "/metrics.tsv", validation = folder + "/validation.tsv";
  if (!file_exists(training) && !file_exists(validation)) {
    throw Error(ErrorCode::kInput, "no metrics.tsv and no validation.tsv: no run has written here")
        .in_file(folder)
        .remedy("Name the folder that molbridge train was given as its output.");
  }
  RunCurves run{folder, label, {}, {}};
  if (file_exists(training)) run.training = read_curve_table(training);
  if (file_exists(validation)) run.validation = read_curve_table(validation);
  return run;
}

}  // namespace

const std::vector<double>* CurveTable::find(const std::string& column) const {
  const auto at = std::find(columns.begin(), columns.end(), column);
  return at == columns.end() ? nullptr : &values[static_cast<std::size_t>(at - columns.begin())];
}

CurveTable read_curve_table(const std::string& path) {
  CurveTable table;
  table.path = path;
  const std::string text = read_text_file(path);
  const std::size_t end = text.rfind('\n');
  if (end == std::string::npos) return table;
  std::uint64_t line = 0;
  for (std::string_view row : split(std::string_view(text).substr(0, end), '\n')) {
    ++line;
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (line > 1) {
      add_row(row, line, table);
      continue;
    }
    for (const auto& name : split(row, '\t')) table.columns.emplace_back(name);
    table.values.resize(table.columns.size());
    if (table.find("step") == nullptr) {
      throw Error(ErrorCode::kInput, "no column \"step\": this is no file of a training run").at_line(path, line);
    }
  }
  return table;
}

std::vector<std::string> RunCurves::metrics() const {
  std::vector<std::string> out;
  for (const std::string& column : training.columns) {
    if (!is_position(column)) out.push_back(column);
  }
  for (const std::string& column : validation.columns) {
    if (!is_position(column)) out.push_back(kValidation + column);
  }
  return out;
}

std::optional<Curve> RunCurves::curve(const std::string& metric, const std::string& x) const {
  const bool prefixed = metric.starts_with(kValidation);
  const CurveTable* table = prefixed ? nullptr : &training;
  const std::string column = prefixed ? metric.substr(sizeof kValidation - 1) : metric;
  if (table == nullptr || table->find(column) == nullptr) table = &validation;
  if (table->find(column) == nullptr || is_position(column)) return std::nullopt;
  const std::vector<double>* positions = table->find(x);
  if (positions == nullptr) {
    throw Error(ErrorCode::kInput, "no column \"" + x + "\"; found: " + join(table->columns, ", "))
        .in_file(table->path)
        .remedy("Draw over steps: --x step");
  }
  return Curve{*positions, *table->find(column)};
}

std::vector<RunCurves> read_runs(const std::vector<std::string>& folders, const std::vector<std::string>& labels) {
  if (!labels.empty() && labels.size() != folders.size()) {
    throw Error(ErrorCode::kUsage,
                std::to_string(labels.size()) + " labels for " + std::to_string(folders.size()) + " runs")
        .remedy("Give one --label per run, in their order, or none.");
  }
  const std::vector<std::string> names = labels.empty() ? short_names(folders) : labels;
  std::vector<RunCurves> runs;
  for (std::size_t i = 0; i < folders.size(); ++i) runs.push_back(read_run(folders[i], names[i]));
  return runs;
}

}  // namespace molbridge::service
