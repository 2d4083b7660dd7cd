#include "molbridge/service/embedding_spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include "molbridge/core/files.hpp"
#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

constexpr std::string_view kHeader = "row\tid\treason\tsource\tline\n";

std::string state_file(const std::string& folder) { return folder + "/state.json"; }

}  // namespace

EmbeddingSpool::EmbeddingSpool(const std::string& output, const std::string& job, std::uint64_t width, bool resume)
    : folder_(output + ".partial"), job_(job), width_(width) {
  const bool was_there = folder_exists(folder_);
  make_folders(folder_);
  lock();
  const bool taken_up = resume && load(job);
  if (!taken_up) {
    discarded_ = was_there && resume && file_exists(state_file(folder_));
    state_ = {};
    std::error_code ignored;
    std::filesystem::remove(state_file(folder_), ignored);
  }
  rows_ = std::make_unique<AppendFile>(rows_file(), state_.rows * width_ * sizeof(float));
  ids_ = std::make_unique<AppendFile>(ids_file(), state_.ids_bytes);
  if (state_.rows == 0 && state_.ids_bytes == 0) ids_->write(kHeader);
}

EmbeddingSpool::~EmbeddingSpool() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

void EmbeddingSpool::lock() {
  const std::string path = folder_ + "/lock";
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) throw Error(ErrorCode::kOutput, std::string("cannot write: ") + std::strerror(errno)).in_file(path);
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorCode::kOutput, "another molbridge is writing this output")
        .in_file(folder_)
        .remedy("Wait for it, or choose another -o.");
  }
}

bool EmbeddingSpool::load(const std::string& job) {
  if (!file_exists(state_file(folder_))) return false;
  State state;
  try {
    const Json json = read_json_file(state_file(folder_));
    if (json.at("job").get<std::string>() != job) return false;
    state.rows = json.at("rows").get<std::uint64_t>();
    state.failed = json.at("failed").get<std::uint64_t>();
    state.truncated = json.at("truncated").get<std::uint64_t>();
    state.ids_bytes = json.at("ids_bytes").get<std::uint64_t>();
  } catch (const std::exception&) {
    return false;  // damaged: what it says cannot be trusted
  }
  const bool fits = state.failed <= state.rows && file_exists(rows_file()) && file_exists(ids_file()) &&
                    state.rows <= file_size(rows_file()) / (width_ * sizeof(float)) &&
                    state.ids_bytes <= file_size(ids_file());
  if (fits) state_ = state;
  return fits;
}

void EmbeddingSpool::add(std::span<const EmbedItem> items, std::span<float> vectors) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const EmbedItem& item = items[i];
    if (!item.reason.empty()) {
      const auto row = vectors.subspan(i * width_, width_);
      std::fill(row.begin(), row.end(), std::numeric_limits<float>::quiet_NaN());
      ++state_.failed;
    } else if (item.truncated) {
      ++state_.truncated;
    }
    ids_->write(std::to_string(state_.rows + i) + "\t" + tsv_cell(item.id) + "\t" + tsv_cell(item.reason) + "\t" +
                tsv_cell(item.source) + "\t" + std::to_string(item.line) + "\n");
  }
  const auto bytes = std::as_bytes(vectors);
  rows_->write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  state_.rows += items.size();
}

void EmbeddingSpool::checkpoint() {
  rows_->sync();
  ids_->sync();
  state_.ids_bytes = ids_->size();
  write_json_file(state_file(folder_), {{"job", job_},
                                        {"rows", state_.rows},
                                        {"failed", state_.failed},
                                        {"truncated", state_.truncated},
                                        {"ids_bytes", state_.ids_bytes}});
}

void EmbeddingSpool::remove() {
  rows_.reset();
  ids_.reset();
  std::error_code ignored;
  std::filesystem::remove(state_file(folder_), ignored);  // first, so that no half of the folder can be taken up
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace molbridge::service
