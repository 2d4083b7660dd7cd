#include "molbridge/service/rejected_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"

namespace molbridge::service {
namespace {

constexpr std::string_view kHeader = "file\tline\treason\ttext\n";
constexpr std::size_t kMaxText = 500;

/// Bytes of the header and the first `rows` lines after it; nullopt when the file has fewer.
std::optional<std::uint64_t> length_of_rows(const std::string& path, std::uint64_t rows) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::uint64_t length = 0;
  for (std::uint64_t i = 0; i <= rows; ++i) {
    if (!std::getline(file, line) || file.eof()) return std::nullopt;
    if (i == 0 && line + "\n" != kHeader) return std::nullopt;
    length += line.size() + 1;
  }
  return length;
}

}  // namespace

RejectedLog::RejectedLog(const std::string& bank_folder)
    : bank_folder_(bank_folder), path_(bank_folder + ".rejected.tsv") {}

RejectedLog::~RejectedLog() {
  if (fd_ >= 0) ::close(fd_);
}

bool RejectedLog::open(std::uint64_t rows) {
  const auto keep = rows == 0 ? std::optional<std::uint64_t>(0) : length_of_rows(path_, rows);
  if (!keep) return false;
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(*keep)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0) {
    throw Error(ErrorCode::kOutput, std::string("cannot write: ") + std::strerror(errno)).in_file(path_);
  }
  if (rows == 0) write(kHeader);
  rows_ = rows;
  return true;
}

void RejectedLog::add(const std::string& file, const chem::MoleculeRow& row, const std::string& reason) {
  const std::string& given = row.molblock.empty() ? row.smiles : row.molblock;
  write(tsv_cell(file) + "\t" + std::to_string(row.line) + "\t" + tsv_cell(reason) + "\t" +
        tsv_cell(std::string_view(given).substr(0, kMaxText)) + "\n");
  ++rows_;
}

void RejectedLog::write(std::string_view text) {
  constexpr std::size_t kFlushSize = 1 << 16;
  buffer_.append(text);
  if (buffer_.size() >= kFlushSize) flush();
}

void RejectedLog::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(fd_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw Error(ErrorCode::kOutput, std::string("cannot write: ") + std::strerror(errno)).in_file(path_);
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  buffer_.clear();
}

void RejectedLog::sync() {
  flush();
  if (::fsync(fd_) != 0)
    throw Error(ErrorCode::kOutput, std::string("cannot write: ") + std::strerror(errno)).in_file(path_);
}

std::string RejectedLog::move_into_bank() {
  sync();
  if (rows_ == 0) {
    ::unlink(path_.c_str());
    return "";
  }
  const std::string target = bank_folder_ + "/rejected.tsv";
  if (::rename(path_.c_str(), target.c_str()) != 0) {
    throw Error(ErrorCode::kOutput, std::string("cannot move here: ") + std::strerror(errno)).in_file(target);
  }
  sync_folder(bank_folder_);
  return target;
}

}  // namespace molbridge::service
