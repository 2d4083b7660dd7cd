#pragma once
// Records of delimited text (RFC 4180 and what is written in its name).

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/line_source.hpp"

namespace molbridge {

/// Fields of one record, or nullopt when a quoted field is still open at its end. A quote opens a field only at its start;
/// inside, "" is one quote.
std::optional<std::vector<std::string>> split_record(std::string_view text, char delimiter);
/// As split_record, but a quoted field that does not close is taken literally.
std::vector<std::string> split_line(std::string_view text, char delimiter);
/// Comma, tab, semicolon or pipe: the one that gives most fields, ties in this order; comma if none occurs.
char sniff_delimiter(std::string_view header_line);

struct DelimitedRecord {
  std::uint64_t line = 0;
  std::vector<std::string> fields;
  bool unterminated_quote = false;
};

/// Not thread-safe. A quoted field may span lines, up to 64 KiB and 200 lines; one that does not close there costs only its own
/// line, the lines after it are read as records again. Tab-separated text has no fields over several lines.
class RecordSource {
 public:
  RecordSource(LineSource& lines, char delimiter) : lines_(lines), delimiter_(delimiter) {}
  /// Next record that is not an empty line.
  std::optional<DelimitedRecord> next();

 private:
  struct Line {
    std::uint64_t number;
    std::string text;
  };
  bool ensure(std::size_t count);
  DelimitedRecord take_spanning();

  LineSource& lines_;
  char delimiter_;
  std::deque<Line> ahead_;
};

}  // namespace molbridge
