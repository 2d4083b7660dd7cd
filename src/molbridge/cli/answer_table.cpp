#include "molbridge/cli/answer_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "molbridge/core/text.hpp"

namespace molbridge::cli {
namespace {

constexpr std::size_t kWideColumn = 60;

std::size_t width_of(std::string_view column) {
  if (column == "inchikey14" || column == "formula") return 16;
  if (column == "in_training" || column == "known") return 12;
  if (column == "name") return 32;
  return kWideColumn;
}

std::string hit_row(const service::AnswerHit& hit, const service::ResultLayout& layout,
                    const std::vector<std::string>& columns) {
  std::string row = padded(std::to_string(hit.rank), 8) + " " + padded(format_fixed(hit.score, 4), 8);
  for (const std::string& column : columns) {
    const auto at = std::find(layout.hit_columns.begin(), layout.hit_columns.end(), column);
    if (at == layout.hit_columns.end()) continue;
    row +=
        " " + padded(hit.fields.at(static_cast<std::size_t>(at - layout.hit_columns.begin())).text, width_of(column));
  }
  row.erase(row.find_last_not_of(' ') + 1);
  return row + "\n";
}

}  // namespace

std::string padded(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t length = 0;
  for (const char c : text) {
    const bool starts_character = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (starts_character && length == width) break;
    if (starts_character) ++length;
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;  // nothing in a file may steer the terminal
  }
  return out + std::string(width - length, ' ');
}

std::string answer_table(const std::vector<service::Answer>& answers, const service::ResultLayout& layout,
                         const std::vector<std::string>& columns) {
  std::string table;
  for (const service::Answer& answer : answers) {
    if (!table.empty()) table += "\n";
    std::string query;
    for (const auto& field : answer.fields) query += (query.empty() ? "" : "  ") + field.text;
    table += "# " + answer.query_id + "  " + std::string(trim(padded(query, 2 * kWideColumn))) + "\n";
    if (answer.hits.empty()) table += std::string(name(answer.status)) + "  " + answer.reason + "\n";
    if (answer.hits.empty()) continue;
    std::string head = padded("rank", 8) + " " + padded("score", 8);
    for (const std::string& column : columns) head += " " + padded(column, width_of(column));
    head.erase(head.find_last_not_of(' ') + 1);
    table += head + "\n";
    for (const auto& hit : answer.hits) table += hit_row(hit, layout, columns);
    table += fmt::format("of {} candidates{}\n", format_count(answer.num_candidates),
                         answer.reason.empty() ? "" : "; " + answer.reason);
  }
  return table;
}

void say_groups(const std::vector<service::ReasonGroup>& groups, const std::string& what, const Context& context) {
  constexpr std::size_t kMaxShown = 12;
  for (std::size_t i = 0; i < std::min(groups.size(), kMaxShown); ++i) {
    context.say(
        fmt::format("{} {} x {} (first: {})", what, format_count(groups[i].count), groups[i].reason, groups[i].where));
  }
  if (groups.size() > kMaxShown) context.say(fmt::format("{} ... and {} more kinds", what, groups.size() - kMaxShown));
}

ResultTarget result_target(const std::string& output, const std::string& format, const Context& context) {
  ResultTarget target;
  target.table_is_result = output.empty() && format.empty() && context.terminal;
  target.format = format.empty() && output.ends_with(".json")
                      ? service::ResultFormat::kJson
                      : service::parse_result_format(format.empty() ? "tsv" : format);
  target.output = target.table_is_result ? "" : (output.empty() ? "-" : output);
  return target;
}

}  // namespace molbridge::cli
