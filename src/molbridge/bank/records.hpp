#pragma once
// records.sqlite: the records of a bank by row. Private to the bank. Format: docs/formats/bank.md.

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "molbridge/bank/bank.hpp"
#include "molbridge/bank/sqlite.hpp"

namespace molbridge::bank {

/// A record without its mass, as views that end with the call that hands it out.
struct RecordView {
  std::string_view smiles;
  std::string_view inchikey14;
  std::string_view formula;
  std::string_view name;
  std::string_view source_id;
};

/// Rows in ascending order, one transaction, index at the end. Not thread-safe. Errors: kOutput.
class RecordsWriter {
 public:
  explicit RecordsWriter(const std::string& path);
  void add(std::uint64_t row, const RecordView& record);
  /// Makes the index and closes the file; the caller syncs it.
  void finish();

 private:
  Database database_;
  Statement insert_;
};

/// Threads: safe, one query at a time (a query is short: the rows of one mass window). Errors: kModel.
class RecordsReader {
 public:
  /// Checks identity, schema and that the last row is count - 1.
  RecordsReader(const std::string& path, std::uint64_t count);

  using Visit = std::function<void(std::uint64_t row, const RecordView& record)>;
  /// One query. Requires rows within the bank. Errors: kModel when a row is missing.
  void visit(RowRange rows, const Visit& visit) const;
  std::vector<std::uint64_t> rows_of_inchikey14(std::string_view inchikey14) const;
  std::vector<std::pair<std::uint64_t, std::string>> formulas(RowRange rows) const;
  /// SQLite's own check of the whole file, and that no molecule stands in it twice. Cost: reads everything.
  void check_whole() const;

 private:
  std::string path_;
  std::uint64_t count_;
  mutable std::mutex mutex_;
  mutable Database database_;
  mutable Statement by_range_;
  mutable Statement by_inchikey14_;
  mutable Statement formulas_;
};

}  // namespace molbridge::bank
