#include "molbridge/bank/sqlite.hpp"

#include <sqlite3.h>

#include <cstring>
#include <filesystem>

namespace molbridge::bank {
namespace {

/// A path as a file: URI, in which SQLite takes "immutable".
std::string immutable_uri(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string out = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out + "?immutable=1";
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Statement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Database::Database(std::string path, ErrorCode code, int flags) : path_(std::move(path)), code_(code) {
  const bool read_only = (flags & SQLITE_OPEN_READONLY) != 0;
  const std::string name = read_only ? immutable_uri(path_) : path_;
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (handle == nullptr) throw Error(ErrorCode::kResource, "no memory for SQLite");
  if (status != SQLITE_OK) fail("cannot open");
  sqlite3_extended_result_codes(handle, 1);
}

Database Database::open_read_only(const std::string& path) {
  Database database(path, ErrorCode::kModel, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX);
  sqlite3* handle = database.handle_.get();
  // A bank may come from anyone: no view, trigger or function of its schema may run, and no text may eat the memory.
  constexpr int kLongestText = 16 << 20;
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLongestText);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  database.execute("PRAGMA cell_size_check = ON");
  return database;
}

Database Database::create(const std::string& path) {
  return {path, ErrorCode::kOutput, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX};
}

void Database::fail(const std::string& what) const {
  std::string reason = sqlite3_errmsg(handle_.get());
  const int system = sqlite3_system_errno(handle_.get());
  if (code_ == ErrorCode::kOutput && system != 0) reason += std::string(", ") + std::strerror(system);
  const bool memory = (sqlite3_errcode(handle_.get()) & 0xff) == SQLITE_NOMEM;
  throw Error(memory ? ErrorCode::kResource : code_, what + ": " + reason)
      .in_file(path_)
      .remedy(code_ == ErrorCode::kModel ? "The bank is damaged; build it again."
                                         : "Free some space and run the same build again; it continues.");
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail("SQLite refused");
}

std::optional<std::int64_t> Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  if (!statement.step() || sqlite3_column_type(statement.statement_.get(), 0) != SQLITE_INTEGER) return std::nullopt;
  return statement.integer(0);
}

std::optional<std::string> Database::text(const std::string& sql) {
  Statement statement(*this, sql);
  if (!statement.step() || sqlite3_column_type(statement.statement_.get(), 0) != SQLITE_TEXT) return std::nullopt;
  return std::string(statement.text(0));
}

void Database::close() { handle_.reset(); }

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v3(database.handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  if (status != SQLITE_OK) database.fail("SQLite refused");
}

void Statement::bind(int index, std::int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), index, value) != SQLITE_OK) database_->fail("cannot bind");
}

void Statement::bind(int index, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();  // a null pointer would bind NULL
  if (sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK) {
    database_->fail("cannot bind");
  }
}

bool Statement::step() {
  const int status = sqlite3_step(statement_.get());
  if (status != SQLITE_ROW && status != SQLITE_DONE) database_->fail("SQLite failed");
  return status == SQLITE_ROW;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const bool is_text = sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT;
  const auto* data = is_text ? sqlite3_column_text(statement_.get(), column) : nullptr;
  if (data == nullptr) {
    throw Error(database_->code_, "a record holds something that is not a text")
        .in_file(database_->path_)
        .remedy("The bank is damaged; build it again.");
  }
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

}  // namespace molbridge::bank
