#include "molbridge/bank/file_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace molbridge::bank {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr int kMode = 0644;

}  // namespace

FileWriter::FileWriter(const std::string& path, std::optional<std::uint64_t> offset) : path_(path) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (offset ? 0 : O_TRUNC);
  fd_ = ::open(path.c_str(), flags, kMode);
  if (fd_ < 0) fail("cannot write");
  if (offset) {
    const auto at = static_cast<off_t>(*offset);
    if (::ftruncate(fd_, at) != 0 || ::lseek(fd_, at, SEEK_SET) != at) {
      const int reason = errno;
      ::close(std::exchange(fd_, -1));
      errno = reason;
      fail("cannot go on with");
    }
    size_ = *offset;
  } else {
    hash_.emplace();
  }
  buffer_.reserve(kBufferBytes);
}

FileWriter::FileWriter(FileWriter&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      size_(other.size_),
      hash_(std::move(other.hash_)) {}

FileWriter::~FileWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void FileWriter::fail(const std::string& what) const {
  throw Error(ErrorCode::kOutput, what + ": " + std::strerror(errno))
      .in_file(path_)
      .remedy("Free some space or choose another folder; the same build then continues after its last checkpoint.");
}

void FileWriter::write(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (buffer_.size() == kBufferBytes) flush();
    const auto part = bytes.first(std::min(bytes.size(), kBufferBytes - buffer_.size()));
    buffer_.append(reinterpret_cast<const char*>(part.data()), part.size());
    bytes = bytes.subspan(part.size());
  }
}

void FileWriter::flush() {
  if (hash_) hash_->update(buffer_);
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(fd_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("cannot write");
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  buffer_.clear();
}

void FileWriter::sync() {
  flush();
  if (::fsync(fd_) != 0) fail("cannot write");
}

FileDigest FileWriter::close(bool synced) {
  flush();
  if (synced) sync();
  if (::close(std::exchange(fd_, -1)) != 0) fail("cannot write");
  return {size_, hash_ ? hash_->finish() : std::string()};
}

FileDigest digest_of_file(const std::string& path, ErrorCode code) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const auto fail = [&]() {
    const std::string reason = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    throw Error(code, (code == ErrorCode::kOutput ? "cannot write: " : "cannot read: ") + reason).in_file(path);
  };
  if (fd < 0 || (code == ErrorCode::kOutput && ::fsync(fd) != 0)) fail();
  FileDigest digest;
  Sha256 hash;
  std::vector<std::byte> buffer(kBufferBytes);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail();
    if (got == 0) break;
    hash.update(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(got)));
    digest.bytes += static_cast<std::uint64_t>(got);
  }
  ::close(fd);
  digest.sha256 = hash.finish();
  return digest;
}

}  // namespace molbridge::bank
