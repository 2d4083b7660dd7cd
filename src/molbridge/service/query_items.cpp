#include "molbridge/service/query_items.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "molbridge/chem/molecule.hpp"
#include "molbridge/chem/reader.hpp"
#include "molbridge/core/delimited.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

constexpr std::array<std::string_view, 6> kTextColumns = {"query_text",  "text",    "query",
                                                          "description", "caption", "sentence"};
constexpr std::array<std::string_view, 3> kIdColumns = {"id", "query_id", "pair_id"};

using Columns = std::vector<std::string>;

std::optional<std::size_t> find_column(const Columns& header, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = std::find_if(header.begin(), header.end(),
                                    [&](const std::string& column) { return iequals(trim(column), name); });
    if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  }
  return std::nullopt;
}

/// How the lines of a file are to be read.
struct Format {
  char delimiter = '\t';
  std::optional<std::size_t> text, id;  ///< columns of a table; no text: plain lines
};

Format format_of(LineSource& lines, const std::string& column) {
  std::string first(lines.peek(std::size_t{64} << 10));
  first.resize(std::min(first.find_first_of("\r\n"), first.size()));
  if (first.starts_with("\xEF\xBB\xBF")) first.erase(0, 3);
  Format format;
  format.delimiter = sniff_delimiter(first);
  const Columns header = split_line(first, format.delimiter);
  const std::string_view named = column;
  format.text = column.empty() ? find_column(header, kTextColumns) : find_column(header, std::span(&named, 1));
  format.id = find_column(header, kIdColumns);
  if (format.text || column.empty()) return format;
  throw Error(ErrorCode::kInput, "has no column '" + column + "'")
      .in_file(lines.name())
      .remedy("Its columns: " + join(header, ", ") + ".");
}

std::vector<QueryItem> read_table(LineSource& lines, const Format& format) {
  RecordSource records(lines, format.delimiter);
  records.next();  // the header
  std::vector<QueryItem> items;
  while (auto record = records.next()) {
    QueryItem item{std::to_string(record->line), "", lines.name(), record->line, ""};
    if (format.id && *format.id < record->fields.size()) item.id = trim(record->fields[*format.id]);
    if (*format.text < record->fields.size()) {
      item.content = trim(record->fields[*format.text]);
    } else {
      item.failure = "the row has no text column";
    }
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<QueryItem> read_lines(LineSource& lines) {
  std::vector<QueryItem> items;
  for (std::string line; lines.next_line(line);) {
    QueryItem item{std::to_string(lines.line_number()), "", lines.name(), lines.line_number(), ""};
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos && !trim(line.substr(0, tab)).empty()) {
      item.id = trim(std::string_view(line).substr(0, tab));
      item.content = trim(std::string_view(line).substr(tab + 1));
    } else {
      item.content = trim(line);
    }
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

std::vector<QueryItem> items_of_arguments(const std::vector<std::string>& contents) {
  std::vector<QueryItem> items;
  for (const std::string& content : contents) {
    items.push_back({std::to_string(items.size() + 1), std::string(trim(content)), "", 0, ""});
  }
  return items;
}

std::vector<QueryItem> read_text_items(const std::string& path, const std::string& column) {
  const auto lines = LineSource::open(path);
  const Format format = format_of(*lines, column);
  return format.text ? read_table(*lines, format) : read_lines(*lines);
}

std::vector<QueryItem> read_molecule_items(const std::string& path) {
  const auto reader = chem::open_molecules(path);
  std::vector<QueryItem> items;
  while (auto row = reader->next()) {
    QueryItem item{row->id.empty() ? row->name : row->id, row->smiles, path, row->line, row->failure.value_or("")};
    if (item.id.empty()) item.id = std::to_string(row->line);
    if (item.failure.empty() && item.content.empty()) {
      const auto molecule = chem::Molecule::from_molblock(row->molblock);
      if (molecule) item.content = molecule->smiles();
      if (!molecule) item.failure = molecule.reason();
    }
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace molbridge::service
