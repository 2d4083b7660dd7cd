#pragma once
// The gate to SQLite: a connection, a statement, and its errors as ours. Private to the bank. Not thread-safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "molbridge/core/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace molbridge::bank {

class Database {
 public:
  /// An existing file that nobody changes: opened without locks and without trust in its schema. Errors of this
  /// connection: kModel.
  static Database open_read_only(const std::string& path);
  /// A new file, written without a journal: the caller writes under a temporary name and syncs. Errors of this
  /// connection: kOutput.
  static Database create(const std::string& path);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  void execute(const std::string& sql);
  /// First column of the first row; nullopt where there is no row or a null.
  std::optional<std::int64_t> integer(const std::string& sql);
  std::optional<std::string> text(const std::string& sql);
  void close();

  [[noreturn]] void fail(const std::string& what) const;

 private:
  friend class Statement;
  Database(std::string path, ErrorCode code, int flags);
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  std::string path_;
  ErrorCode code_;
  std::unique_ptr<sqlite3, Closer> handle_;
};

/// A prepared statement. Requires that the database outlives it and is not moved.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);
  /// Counted from 1. A text must live until the next reset().
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  /// False after the last row.
  bool step();
  void reset();
  /// Before the database closes; nothing else may follow.
  void finalize() { statement_.reset(); }
  std::int64_t integer(int column) const;
  /// Requires a text column; a null or a number means a damaged file.
  std::string_view text(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

/// Ends a use of a kept statement, whatever happens in between.
class StatementScope {
 public:
  explicit StatementScope(Statement& statement) : statement_(statement) {}
  ~StatementScope() { statement_.reset(); }
  StatementScope(const StatementScope&) = delete;
  StatementScope& operator=(const StatementScope&) = delete;

 private:
  Statement& statement_;
};

}  // namespace molbridge::bank
