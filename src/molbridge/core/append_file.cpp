#include "molbridge/core/append_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge {

AppendFile::AppendFile(std::string path, std::uint64_t size) : path_(std::move(path)), size_(size) {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(size)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0) fail();
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) ::close(fd_);
}

void AppendFile::fail() const {
  throw Error(ErrorCode::kOutput, std::string("cannot write: ") + std::strerror(errno))
      .in_file(path_)
      .remedy("What was finished before is kept; free some space or choose another output, and run the command again.");
}

void AppendFile::write(std::string_view bytes) {
  constexpr std::size_t kFlushSize = std::size_t{1} << 18;
  buffer_.append(bytes);
  size_ += bytes.size();
  if (buffer_.size() >= kFlushSize) flush();
}

void AppendFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(fd_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail();
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  buffer_.clear();
}

void AppendFile::sync() {
  flush();
  if (::fsync(fd_) != 0) fail();
}

}  // namespace molbridge
