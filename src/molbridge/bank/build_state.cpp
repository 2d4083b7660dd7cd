#include "molbridge/bank/build_state.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "molbridge/bank/safetensors_file.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"

namespace molbridge::bank {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kLockFile = "lock";

std::string numbered(const std::string& folder, const std::string& stem, std::size_t number,
                     const std::string& extension) {
  return folder + "/" + stem + "-" + std::to_string(number) + extension;
}

bool holds_at_least(const std::string& path, std::uint64_t bytes) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return !error && size >= bytes;
}

/// A folder of that name that we did not make is the user's.
void check_is_ours(const std::string& path) {
  std::error_code error;
  const bool foreign = fs::is_directory(path, error) && !fs::is_empty(path, error) &&
                       !fs::exists(path + "/" + std::string(kLockFile), error);
  if (!foreign) return;
  throw Error(ErrorCode::kOutput, "exists and is not an interrupted build of a bank")
      .in_file(path)
      .remedy("Move it away.");
}

BuildState state_of(const Json& json) {
  BuildState state;
  state.job = json.at("job").get<std::string>();
  state.point = {json.at("input_rows").get<std::uint64_t>(), json.at("parsed").get<std::uint64_t>(),
                 json.at("rejected").get<std::uint64_t>()};
  state.added = json.at("added").get<std::uint64_t>();
  state.journal_bytes = json.at("journal_bytes").get<std::uint64_t>();
  for (const auto& run : json.at("runs")) {
    state.runs.push_back({run.at("rows_bytes").get<std::uint64_t>(), run.at("keys_bytes").get<std::uint64_t>()});
  }
  return state;
}

Json json_of(const BuildState& state) {
  Json json;
  json["job"] = state.job;
  json["input_rows"] = state.point.input_rows;
  json["parsed"] = state.point.parsed;
  json["rejected"] = state.point.rejected;
  json["added"] = state.added;
  json["journal_bytes"] = state.journal_bytes;
  json["runs"] = Json::array();
  for (const auto& run : state.runs)
    json["runs"].push_back({{"rows_bytes", run.rows_bytes}, {"keys_bytes", run.keys_bytes}});
  return json;
}

}  // namespace

std::string partial_folder_path(const std::string& bank_folder) { return bank_folder + ".partial"; }

PartialFolder::PartialFolder(const std::string& bank_folder) : path_(partial_folder_path(bank_folder)) {
  check_is_ours(path_);
  make_folders(path_);
  lock();
}

PartialFolder::~PartialFolder() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

void PartialFolder::lock() {
  const std::string file = path_ + "/" + std::string(kLockFile);
  lock_fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) throw Error(ErrorCode::kOutput, "cannot write: " + std::string(std::strerror(errno))).in_file(file);
  struct stat ours {};
  struct stat there {};
  // The other process may have finished, and removed the folder, between our open and our lock.
  const bool locked = ::flock(lock_fd_, LOCK_EX | LOCK_NB) == 0 && ::fstat(lock_fd_, &ours) == 0 &&
                      ::stat(file.c_str(), &there) == 0 && ours.st_ino == there.st_ino;
  if (locked) return;
  ::close(std::exchange(lock_fd_, -1));
  throw Error(ErrorCode::kOutput, "another process is building this bank")
      .in_file(path_)
      .remedy("Wait for it, or end it.");
}

std::string PartialFolder::rows_file(std::size_t run) const { return numbered(path_, "run", run, ".rows"); }
std::string PartialFolder::keys_file(std::size_t run) const { return numbered(path_, "run", run, ".keys"); }
std::string PartialFolder::journal_file(std::size_t run) const { return numbered(path_, "journal", run, ""); }

bool PartialFolder::files_match(const BuildState& state) const {
  for (std::size_t run = 0; run < state.runs.size(); ++run) {
    if (!holds_at_least(rows_file(run), state.runs[run].rows_bytes)) return false;
    if (!holds_at_least(keys_file(run), state.runs[run].keys_bytes)) return false;
  }
  return state.journal_bytes == 0 || holds_at_least(journal_file(state.runs.size()), state.journal_bytes);
}

std::optional<BuildState> PartialFolder::load(const std::string& job) const {
  if (!file_exists(state_file())) return std::nullopt;
  try {
    BuildState state = state_of(read_json_file(state_file()));
    if (state.job == job && files_match(state)) return state;
  } catch (const Json::exception&) {
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) throw;
  }
  return std::nullopt;
}

void PartialFolder::save(const BuildState& state) const {
  sync_folder(path_);  // the names of runs and journal, before anything counts on them
  write_json_file(state_file(), json_of(state));
  std::error_code ignored;
  for (std::size_t run = 0; run < state.runs.size(); ++run) fs::remove(journal_file(run), ignored);
}

void PartialFolder::clean(const std::optional<BuildState>& state) const {
  std::set<std::string> keep{path_ + "/" + std::string(kLockFile)};
  if (state) {
    keep.insert(state_file());
    for (std::size_t run = 0; run < state->runs.size(); ++run) keep.insert({rows_file(run), keys_file(run)});
    if (state->journal_bytes > 0) keep.insert(journal_file(state->runs.size()));
  } else {
    std::error_code ignored;
    fs::remove(state_file(), ignored);  // before what it names
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    if (!keep.contains(entry.path().string())) fs::remove_all(entry.path(), error);
    if (error) break;
  }
  if (error) throw Error(ErrorCode::kOutput, "cannot clean up an earlier build: " + error.message()).in_file(path_);
}

void PartialFolder::remove() {
  clean(std::nullopt);
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace molbridge::bank
