#pragma once
// Rows of a table with a header, checked for their number of fields and for UTF-8. Private to graph.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/delimited.hpp"
#include "molbridge/core/line_source.hpp"
#include "molbridge/graph/findings.hpp"

namespace molbridge::graph {

/// Not thread-safe. Errors: kInput for an empty input, a header without a required column, damaged gzip.
class Table {
 public:
  /// Comma: quoted fields (RFC 4180). Tab: no quoting, a double quote is an ordinary character.
  Table(LineSource& lines, char delimiter, Findings& findings);

  /// Index of the first of these columns that the header has. Columns asked for are known; the others become findings at the first row.
  std::optional<std::size_t> column(std::span<const std::string_view> names);
  std::optional<std::size_t> column(std::string_view name) { return column(std::span(&name, 1)); }
  std::size_t required(std::span<const std::string_view> names);
  std::size_t required(std::string_view name) { return required(std::span(&name, 1)); }

  /// The next row with as many fields as the header; others are counted as bad.
  bool next();
  /// Valid until the next call of next(). "" for a column that the table does not have.
  std::string_view field(std::optional<std::size_t> column) const {
    return column ? fields_[*column] : std::string_view();
  }
  std::uint64_t line() const { return line_; }
  const std::string& name() const { return lines_.name(); }
  void add(Problem problem, std::string text) { findings_.add(problem, name(), line_, std::move(text)); }

 private:
  bool take();
  void report_unknown_columns();
  void mend_encoding();

  LineSource& lines_;
  RecordSource records_;
  char delimiter_;
  Findings& findings_;
  std::vector<std::string> header_;
  std::vector<bool> known_;
  bool header_reported_ = false;
  std::uint64_t line_ = 0;
  std::string text_;                       // of a line without quoting
  std::optional<DelimitedRecord> record_;  // of one with it
  std::vector<std::string_view> fields_;
};

/// "0" and "1"; "" gives `if_empty`; nullopt otherwise.
std::optional<bool> parse_flag(std::string_view text, bool if_empty);

}  // namespace molbridge::graph
