#pragma once
// Texts with ids: one per line, or a column of a TSV or CSV file. Private to the service. Not thread-safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "molbridge/chem/delimited.hpp"
#include "molbridge/core/line_source.hpp"

namespace molbridge::service {

struct TextOptions {
  std::string column;     ///< a table with this column; empty: see `table`
  std::string id_column;  ///< empty: one of the usual names, if there is one
  bool table = false;     ///< without a column: a table with a column of a usual name (sequence), not lines of text
};

struct TextRecord {
  std::string id;  ///< "" where there is none
  std::uint64_t line = 0;
  std::string text;
  std::string reason;  ///< why there is no text
};

class TextRecords {
 public:
  /// Errors: kInput when the table has no such column; the message lists the columns.
  TextRecords(std::unique_ptr<LineSource> lines, const TextOptions& options);
  /// Blank lines of a text are records without text; empty lines of a table are none. Errors: kInput for a broken gzip.
  std::optional<TextRecord> next();
  std::uint64_t bytes_read() const { return lines_->bytes_read(); }

 private:
  void read_header(const TextOptions& options);
  std::optional<TextRecord> next_line();
  std::optional<TextRecord> next_row();

  std::unique_ptr<LineSource> lines_;
  std::unique_ptr<chem::RecordSource> rows_;  ///< set for tables
  std::size_t text_column_ = 0;
  std::optional<std::size_t> id_column_;
};

}  // namespace molbridge::service
