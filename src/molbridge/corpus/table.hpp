#pragma once
// A delimited table with a header line, and which of its columns means what. Private to corpus.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "molbridge/core/delimited.hpp"

namespace molbridge::corpus {

/// Comma, semicolon, pipe: fields quoted by RFC 4180. Tab: a double quote is an ordinary character, unless the header's first field is quoted. Not
/// thread-safe. Errors: kInput for an empty file.
class Table {
 public:
  explicit Table(LineSource& lines);

  const std::vector<std::string>& header() const { return header_; }
  /// `wanted` must exist if it is not empty; otherwise the first synonym (chem::normalize_column) that does.
  std::optional<std::size_t> column(const std::string& wanted, std::span<const std::string_view> synonyms) const;
  /// The same, and kInput with the columns found where there is none. `what`: "structures"; `option`: "--smiles-column".
  std::size_t required(const std::string& wanted, std::span<const std::string_view> synonyms, const std::string& what,
                       const std::string& option) const;

  /// The next row that is not empty; failure() says why it cannot be used, "" for a good one.
  bool next();
  const std::string& failure() const { return failure_; }
  std::uint64_t line() const { return row_.line; }
  /// Ends trimmed; "" for a column that the table or this row does not have. Valid until next().
  std::string_view field(std::optional<std::size_t> column) const;

 private:
  bool take();

  LineSource& lines_;
  char delimiter_ = '\t';
  std::unique_ptr<RecordSource> records_;  // null where quotes are ordinary
  std::vector<std::string> header_;
  std::uint64_t header_line_ = 0;
  DelimitedRecord row_;
  std::string failure_;
};

}  // namespace molbridge::corpus
