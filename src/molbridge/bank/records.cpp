#include "molbridge/bank/records.hpp"

namespace molbridge::bank {
namespace {

constexpr std::string_view kTable =
    "CREATE TABLE records(row INTEGER PRIMARY KEY, smiles TEXT NOT NULL, inchikey14 TEXT NOT NULL, formula TEXT NOT "
    "NULL, "
    "name TEXT NOT NULL, source_id TEXT NOT NULL)";
constexpr std::string_view kIndex = "CREATE INDEX records_by_inchikey14 ON records(inchikey14)";
constexpr std::int64_t kApplicationId = 0x6d62626b;  // "mbbk"
constexpr std::int64_t kUserVersion = 1;

/// Written once under a name that nobody opens, synced by the caller: no journal, no locks. The cache lets the index of
/// some millions of rows be sorted in memory; beyond, SQLite sorts in temporary files.
constexpr const char* kWritePragmas =
    "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; "
    "PRAGMA cache_size = -262144; PRAGMA application_id = 0x6d62626b; PRAGMA user_version = 1;";

Database create_database(const std::string& path) {
  Database database = Database::create(path);
  database.execute(kWritePragmas);
  database.execute(std::string(kTable));
  database.execute("BEGIN");
  return database;
}

Error damaged(const std::string& path, const std::string& message) {
  return Error(ErrorCode::kModel, message).in_file(path).remedy("The bank is damaged; build it again.");
}

void check_schema(Database& database, const std::string& path) {
  const bool ours = database.integer("PRAGMA application_id") == kApplicationId &&
                    database.integer("PRAGMA user_version") == kUserVersion;
  if (!ours) throw damaged(path, "is not the records file of a bank");
  const auto sql_of = [&](const std::string& name) {
    return database.text("SELECT sql FROM sqlite_schema WHERE name = '" + name + "'");
  };
  const bool same = database.integer("SELECT count(*) FROM sqlite_schema") == 2 && sql_of("records") == kTable &&
                    sql_of("records_by_inchikey14") == kIndex;
  if (!same) throw damaged(path, "has another table or index than a bank");
}

Database open_checked(const std::string& path, std::uint64_t count) {
  Database database = Database::open_read_only(path);
  check_schema(database, path);
  const auto last = database.integer("SELECT max(row) FROM records");
  const std::int64_t rows = last ? *last + 1 : 0;
  if (rows != static_cast<std::int64_t>(count)) {
    throw damaged(path, "holds " + std::to_string(rows) + " records, the manifest says " + std::to_string(count));
  }
  return database;
}

}  // namespace

RecordsWriter::RecordsWriter(const std::string& path)
    : database_(create_database(path)), insert_(database_, "INSERT INTO records VALUES(?, ?, ?, ?, ?, ?)") {}

void RecordsWriter::add(std::uint64_t row, const RecordView& record) {
  insert_.bind(1, static_cast<std::int64_t>(row));
  insert_.bind(2, record.smiles);
  insert_.bind(3, record.inchikey14);
  insert_.bind(4, record.formula);
  insert_.bind(5, record.name);
  insert_.bind(6, record.source_id);
  insert_.step();
  insert_.reset();
}

void RecordsWriter::finish() {
  database_.execute(std::string(kIndex));
  database_.execute("COMMIT");
  insert_.finalize();
  database_.close();
}

RecordsReader::RecordsReader(const std::string& path, std::uint64_t count)
    : path_(path),
      count_(count),
      database_(open_checked(path, count)),
      by_range_(database_,
                "SELECT row, smiles, inchikey14, formula, name, source_id FROM records WHERE row >= ? AND row < ? "
                "ORDER BY row"),
      by_inchikey14_(database_, "SELECT row FROM records WHERE inchikey14 = ? ORDER BY row"),
      formulas_(database_, "SELECT row, formula FROM records WHERE row >= ? AND row < ? ORDER BY row") {}

void RecordsReader::visit(RowRange rows, const Visit& visit) const {
  if (rows.end <= rows.begin) return;
  const std::lock_guard lock(mutex_);
  const StatementScope scope(by_range_);
  by_range_.bind(1, static_cast<std::int64_t>(rows.begin));
  by_range_.bind(2, static_cast<std::int64_t>(rows.end));
  std::uint64_t next = rows.begin;
  while (by_range_.step() && static_cast<std::uint64_t>(by_range_.integer(0)) == next) {
    visit(next++, {by_range_.text(1), by_range_.text(2), by_range_.text(3), by_range_.text(4), by_range_.text(5)});
  }
  if (next != rows.end) throw damaged(path_, "record " + std::to_string(next) + " is missing");
}

std::vector<std::uint64_t> RecordsReader::rows_of_inchikey14(std::string_view inchikey14) const {
  const std::lock_guard lock(mutex_);
  const StatementScope scope(by_inchikey14_);
  by_inchikey14_.bind(1, inchikey14);
  std::vector<std::uint64_t> rows;
  while (by_inchikey14_.step()) {
    rows.push_back(static_cast<std::uint64_t>(by_inchikey14_.integer(0)));
    if (rows.back() >= count_)
      throw damaged(path_, "a record stands at row " + std::to_string(by_inchikey14_.integer(0)));
  }
  return rows;
}

std::vector<std::pair<std::uint64_t, std::string>> RecordsReader::formulas(RowRange rows) const {
  std::vector<std::pair<std::uint64_t, std::string>> out;
  if (rows.end <= rows.begin) return out;
  const std::lock_guard lock(mutex_);
  const StatementScope scope(formulas_);
  formulas_.bind(1, static_cast<std::int64_t>(rows.begin));
  formulas_.bind(2, static_cast<std::int64_t>(rows.end));
  while (formulas_.step()) out.emplace_back(static_cast<std::uint64_t>(formulas_.integer(0)), formulas_.text(1));
  return out;
}

void RecordsReader::check_whole() const {
  const std::lock_guard lock(mutex_);
  const auto verdict = database_.text("PRAGMA integrity_check(1)");
  if (verdict != "ok") throw damaged(path_, "SQLite finds it damaged: " + verdict.value_or("no verdict"));
  const auto twice = database_.integer(
      "SELECT min(r.row) FROM (SELECT inchikey14 AS block FROM records GROUP BY inchikey14 HAVING count(*) > 1) "
      "JOIN records AS r ON r.inchikey14 = block GROUP BY block, r.formula HAVING count(*) > 1 LIMIT 1");
  if (twice) throw damaged(path_, "the molecule of row " + std::to_string(*twice) + " stands in it twice");
}

}  // namespace molbridge::bank
