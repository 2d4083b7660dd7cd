#include "molbridge/bank/run_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "molbridge/core/error.hpp"

namespace molbridge::bank {
namespace {

/// Reads exactly `out`, false when the file ends before.
bool read_at(const std::string& path, std::uint64_t offset, std::span<std::byte> out) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  while (!out.empty()) {
    const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  ::close(fd);
  return out.empty();
}

}  // namespace

RunReader::RunReader(std::string path, std::uint64_t bytes, std::size_t buffer_bytes)
    : path_(std::move(path)), bytes_(bytes), buffer_bytes_(buffer_bytes) {}

void RunReader::fail(const std::string& reason) const {
  throw Error(ErrorCode::kModel, "the interrupted build is damaged: " + reason)
      .in_file(path_)
      .remedy("Remove the folder that ends in .partial and build again.");
}

/// Makes `count` bytes from begin_ on available in the buffer.
void RunReader::ensure(std::size_t count) {
  const std::size_t kept = buffer_.size() - begin_;
  if (kept >= count) return;
  if (count - kept > bytes_ - file_offset_) fail("an item reaches beyond the end");
  const std::size_t wanted = std::max(count, buffer_bytes_);
  const std::size_t fresh = static_cast<std::size_t>(std::min<std::uint64_t>(wanted - kept, bytes_ - file_offset_));
  if (kept > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
  buffer_.resize(kept + fresh);
  begin_ = 0;
  if (!read_at(path_, file_offset_, std::span(buffer_).subspan(kept)))
    fail("it is shorter than its checkpoint says, or unreadable");
  file_offset_ += fresh;
}

bool RunReader::next() {
  if (begin_ == buffer_.size() && file_offset_ == bytes_) return false;
  std::uint32_t size = 0;
  ensure(sizeof(size));
  std::memcpy(&size, buffer_.data() + begin_, sizeof(size));
  begin_ += sizeof(size);
  ensure(size);
  item_ = std::span<const std::byte>(buffer_).subspan(begin_, size);
  begin_ += size;
  return true;
}

}  // namespace molbridge::bank
