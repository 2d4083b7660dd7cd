#include "molbridge/service/text_records.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "molbridge/chem/columns.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

constexpr std::array<std::string_view, 5> kSequenceNames = {"sequence", "seq", "proteinsequence", "aasequence",
                                                            "protein"};
constexpr std::array<std::string_view, 8> kIdNames = {"id",  "identifier", "accession", "entry",
                                                      "key", "name",       "node",      "nodeid"};

std::optional<std::size_t> find(const std::vector<std::string>& header, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (chem::normalize_column(header[i]) == name) return i;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> find_exact(const std::vector<std::string>& header, const std::string& wanted) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (trim(header[i]) == wanted) return i;
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (iequals(trim(header[i]), wanted)) return i;
  }
  return std::nullopt;
}

}  // namespace

TextRecords::TextRecords(std::unique_ptr<LineSource> lines, const TextOptions& options) : lines_(std::move(lines)) {
  if (!options.column.empty() || options.table) read_header(options);
}

void TextRecords::read_header(const TextOptions& options) {
  constexpr std::size_t kHead = 1 << 16;
  const std::string_view head = lines_->peek(kHead);
  const char delimiter = chem::sniff_delimiter(head.substr(0, head.find('\n')));
  rows_ = std::make_unique<chem::RecordSource>(*lines_, delimiter);
  const auto header = rows_->next();
  if (!header) return;  // an empty file has no records
  const auto missing = [&](const std::string& what, const std::string& flag) {
    return Error(ErrorCode::kInput, "no " + what + "; found: " + chem::list_columns(header->fields))
        .at_line(lines_->name(), header->line)
        .remedy("Name the column: " + flag + " NAME");
  };
  const auto text =
      options.column.empty() ? find(header->fields, kSequenceNames) : find_exact(header->fields, options.column);
  if (!text) throw missing(options.column.empty() ? "column of sequences" : "column " + options.column, "--column");
  text_column_ = *text;
  if (options.id_column.empty()) {
    id_column_ = find(header->fields, kIdNames);
    if (id_column_ == text) id_column_.reset();
  } else {
    id_column_ = find_exact(header->fields, options.id_column);
    if (!id_column_) throw missing("column " + options.id_column, "--id-column");
  }
}

std::optional<TextRecord> TextRecords::next() { return rows_ ? next_row() : next_line(); }

std::optional<TextRecord> TextRecords::next_line() {
  TextRecord record;
  if (!lines_->next_line(record.text)) return std::nullopt;
  record.line = lines_->line_number();
  if (trim(record.text).empty()) record.reason = "an empty line";
  return record;
}

std::optional<TextRecord> TextRecords::next_row() {
  auto row = rows_->next();
  if (!row) return std::nullopt;
  TextRecord record;
  record.line = row->line;
  if (id_column_ && *id_column_ < row->fields.size()) record.id = std::string(trim(row->fields[*id_column_]));
  if (row->unterminated_quote) {
    record.reason = "a quoted field does not end";
  } else if (text_column_ >= row->fields.size()) {
    record.reason = "the row has " + std::to_string(row->fields.size()) + " columns, the text should be in number " +
                    std::to_string(text_column_ + 1);
  } else {
    record.text = std::move(row->fields[text_column_]);
    if (trim(record.text).empty()) record.reason = "an empty cell";
  }
  return record;
}

}  // namespace molbridge::service
