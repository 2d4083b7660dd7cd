// CSV, TSV and relatives with a header line.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/chem/columns.hpp"
#include "molbridge/chem/delimited.hpp"
#include "molbridge/chem/readers.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::chem {
namespace {

class DelimitedReader : public MoleculeReader {
 public:
  DelimitedReader(std::unique_ptr<LineSource> lines, const MoleculeReadOptions& options) : lines_(std::move(lines)) {
    read_header(options);
  }

  std::optional<MoleculeRow> next() override {
    const auto record = records_->next();
    if (!record) return std::nullopt;
    return row(*record);
  }
  std::uint64_t bytes_read() const override { return lines_->bytes_read(); }
  std::uint64_t bytes_total() const override { return lines_->bytes_total(); }

 private:
  void read_header(const MoleculeReadOptions& options) {
    std::string line;
    do {
      if (!lines_->next_line(line)) throw Error(ErrorCode::kInput, "is empty: no header line").in_file(lines_->name());
    } while (trim(line).empty() || (trim(line).front() == '#' && !is_smiles_header(line)));
    std::string_view text = line;
    while (!text.empty() && text.front() == '#') text.remove_prefix(1);
    const char delimiter = sniff_delimiter(text);
    std::vector<std::string> header;
    for (const auto& field : split_line(text, delimiter)) header.emplace_back(trim(field));
    while (header.size() > 1 && header.back().empty()) header.pop_back();  // delimiters at the line's end
    columns_ = map_columns(header, options, lines_->name(), lines_->line_number());
    if (!columns_.smiles) refuse_header(header);
    num_columns_ = header.size();
    records_ = std::make_unique<RecordSource>(*lines_, delimiter);
  }

  [[noreturn]] void refuse_header(const std::vector<std::string>& header) const {
    throw Error(ErrorCode::kInput, "no SMILES column; found: " + list_columns(header))
        .at_line(lines_->name(), lines_->line_number())
        .remedy("Name the column: --smiles-column NAME");
  }

  MoleculeRow row(const Record& record) const {
    MoleculeRow row{.line = record.line};
    if (record.unterminated_quote) {
      row.failure = "a quote is opened and never closed";
      return row;
    }
    const auto& fields = record.fields;
    const bool longer = std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(std::min(num_columns_, fields.size())),
                                    fields.end(), [](const std::string& field) { return !trim(field).empty(); });
    if (longer || fields.size() <= *columns_.smiles) {
      row.failure = std::to_string(fields.size()) + " columns, the header has " + std::to_string(num_columns_);
      return row;
    }
    const auto field = [&](const std::optional<std::size_t>& column) {
      return column && *column < fields.size() ? std::string_view(fields[*column]) : std::string_view();
    };
    row.smiles = trim(field(columns_.smiles));
    if (row.smiles.empty()) {
      row.failure = "no SMILES in this row";
      return row;
    }
    row.name = clean_text(field(columns_.name));
    row.id = clean_text(field(columns_.id));
    row.source = clean_text(field(columns_.source));
    return row;
  }

  std::unique_ptr<LineSource> lines_;
  std::unique_ptr<RecordSource> records_;
  ColumnMap columns_;
  std::size_t num_columns_ = 0;
};

}  // namespace

std::unique_ptr<MoleculeReader> make_delimited_reader(std::unique_ptr<LineSource> lines,
                                                      const MoleculeReadOptions& options) {
  return std::make_unique<DelimitedReader>(std::move(lines), options);
}

}  // namespace molbridge::chem
