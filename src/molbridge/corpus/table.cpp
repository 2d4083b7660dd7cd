#include "molbridge/corpus/table.hpp"

#include "molbridge/chem/columns.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::corpus {

Table::Table(LineSource& lines) : lines_(lines) {
  std::string line;
  do {
    if (!lines.next_line(line)) throw Error(ErrorCode::kInput, "is empty: no header line").in_file(lines.name());
  } while (trim(line).empty());
  header_line_ = lines.line_number();
  delimiter_ = sniff_delimiter(line);
  for (const std::string& field : split_line(line, delimiter_)) header_.emplace_back(trim(field));
  if (delimiter_ != '\t' || trim(line).starts_with('"')) records_ = std::make_unique<RecordSource>(lines, delimiter_);
}

std::optional<std::size_t> Table::column(const std::string& wanted, std::span<const std::string_view> synonyms) const {
  return chem::find_column(header_, wanted, synonyms, lines_.name(), header_line_);
}

std::size_t Table::required(const std::string& wanted, std::span<const std::string_view> synonyms,
                            const std::string& what, const std::string& option) const {
  if (const auto found = column(wanted, synonyms)) return *found;
  throw Error(ErrorCode::kInput, "no column of " + what + "; found: " + chem::list_columns(header_))
      .at_line(lines_.name(), header_line_)
      .remedy("Name the column: " + option + " NAME");
}

bool Table::take() {
  if (records_) {
    auto record = records_->next();
    if (!record) return false;
    row_ = std::move(*record);
    return true;
  }
  std::string line;
  do {
    if (!lines_.next_line(line)) return false;
  } while (trim(line).empty());
  row_ = {.line = lines_.line_number(), .fields = {}};
  for (const std::string_view field : split(line, delimiter_)) row_.fields.emplace_back(field);
  return true;
}

bool Table::next() {
  if (!take()) return false;
  failure_.clear();
  if (row_.unterminated_quote) {
    failure_ = "a quote is opened and never closed";
  } else if (row_.fields.size() != header_.size()) {
    failure_ = std::to_string(row_.fields.size()) + " columns, the header has " + std::to_string(header_.size());
  }
  return true;
}

std::string_view Table::field(std::optional<std::size_t> column) const {
  return column && *column < row_.fields.size() ? trim(row_.fields[*column]) : std::string_view();
}

}  // namespace molbridge::corpus
