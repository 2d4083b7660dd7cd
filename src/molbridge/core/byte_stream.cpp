#include "molbridge/core/byte_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "molbridge/core/interrupt.hpp"

namespace molbridge {
namespace {

constexpr std::size_t kInputBuffer = std::size_t{1} << 18;
constexpr std::size_t kHeadBytes = 6;  // enough for every magic number below

class FileStream : public ByteStream {
 public:
  explicit FileStream(const std::string& path) : name_(path == "-" ? "standard input" : path) {
    fd_ = path == "-" ? 0 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) throw Error(ErrorCode::kInput, std::string("cannot open: ") + std::strerror(errno)).in_file(name_);
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
      close_own();
      throw Error(ErrorCode::kInput, "is a folder, not a file").in_file(name_);
    }
    if (S_ISREG(status.st_mode)) total_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~FileStream() override { close_own(); }
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  std::size_t read(std::span<std::byte> out) override {
    for (;;) {
      const ssize_t got = ::read(fd_, out.data(), out.size());
      if (got >= 0) {
        read_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        throw Error(ErrorCode::kInput, std::string("cannot read: ") + std::strerror(errno)).at_offset(name_, read_);
      }
      check_interrupt();  // a terminal or pipe would otherwise wait on
    }
  }
  std::uint64_t bytes_read() const override { return read_; }
  std::uint64_t bytes_total() const override { return total_; }

 private:
  void close_own() {
    if (fd_ > 0) ::close(fd_);
    fd_ = -1;
  }
  std::string name_;
  int fd_ = -1;
  std::uint64_t read_ = 0;
  std::uint64_t total_ = 0;
};

class MemoryStream : public ByteStream {
 public:
  explicit MemoryStream(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), bytes_.size() - offset_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset_), count, out.begin());
    offset_ += count;
    return count;
  }
  std::uint64_t bytes_read() const override { return offset_; }
  std::uint64_t bytes_total() const override { return bytes_.size(); }

 private:
  std::vector<std::byte> bytes_;
  std::size_t offset_ = 0;
};

/// Gives the bytes that were read to look at the magic number, then the rest.
class HeadedStream : public ByteStream {
 public:
  HeadedStream(std::unique_ptr<ByteStream> rest, std::string head) : rest_(std::move(rest)), head_(std::move(head)) {}
  std::size_t read(std::span<std::byte> out) override {
    if (given_ == head_.size()) return rest_->read(out);
    const std::size_t count = std::min(out.size(), head_.size() - given_);
    std::memcpy(out.data(), head_.data() + given_, count);
    given_ += count;
    return count;
  }
  std::uint64_t bytes_read() const override { return rest_->bytes_read(); }
  std::uint64_t bytes_total() const override { return rest_->bytes_total(); }

 private:
  std::unique_ptr<ByteStream> rest_;
  std::string head_;
  std::size_t given_ = 0;
};

class GzipStream : public ByteStream {
 public:
  GzipStream(std::string name, std::unique_ptr<ByteStream> packed)
      : name_(std::move(name)), packed_(std::move(packed)), input_(kInputBuffer) {
    start_decoder();
  }
  ~GzipStream() override { inflateEnd(&decoder_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(std::span<std::byte> out) override {
    if (failure_) throw Error(*failure_);
    decoder_.next_out = reinterpret_cast<Bytef*>(out.data());
    const auto want = static_cast<uInt>(std::min<std::size_t>(out.size(), std::size_t{1} << 30));
    decoder_.avail_out = want;
    try {
      while (decoder_.avail_out > 0 && !ended_) step();
    } catch (const Error& error) {  // what was decoded before the break comes first
      if (error.code() != ErrorCode::kInput) throw;
      failure_ = error;
      if (decoder_.avail_out == want) throw;
    }
    return want - decoder_.avail_out;
  }
  std::uint64_t bytes_read() const override { return packed_->bytes_read(); }
  std::uint64_t bytes_total() const override { return packed_->bytes_total(); }
  bool truncated() const override { return truncated_; }

 private:
  void start_decoder() {
    if (inflateInit2(&decoder_, 15 + 16) != Z_OK) throw Error(ErrorCode::kResource, "out of memory").in_file(name_);
  }

  bool refill() {
    if (decoder_.avail_in > 0) return true;
    decoder_.next_in = reinterpret_cast<Bytef*>(input_.data());
    const std::size_t count = packed_->read(input_);
    taken_ += count;
    decoder_.avail_in = static_cast<uInt>(count);
    return count > 0;
  }

  std::uint64_t offset() const { return taken_ - decoder_.avail_in; }

  /// Either decodes something, passes a border between members, or sets ended_.
  void step() {
    if (!refill()) {
      truncated_ = true;
      throw Error(ErrorCode::kInput, "truncated: the gzip data ends before its end mark")
          .at_offset(name_, offset())
          .remedy("Copy or download the file again; 'gzip -t' checks it.");
    }
    const int status = inflate(&decoder_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) return next_member();
    if (status == Z_OK || status == Z_BUF_ERROR) return;
    throw Error(ErrorCode::kInput, std::string("corrupt gzip data") +
                                       (decoder_.msg != nullptr ? std::string(": ") + decoder_.msg : std::string()))
        .at_offset(name_, offset())
        .remedy("Copy or download the file again; 'gzip -t' checks it.");
  }

  /// After a member: end of file, zero padding (tar, tapes) or another member.
  void next_member() {
    while (refill() && *decoder_.next_in == 0) {
      ++decoder_.next_in;
      --decoder_.avail_in;
    }
    if (decoder_.avail_in == 0) {
      ended_ = true;
      return;
    }
    if (*decoder_.next_in != 0x1f) {
      throw Error(ErrorCode::kInput, "corrupt gzip data: something else follows the packed data")
          .at_offset(name_, offset());
    }
    inflateReset(&decoder_);
  }

  std::string name_;
  std::unique_ptr<ByteStream> packed_;
  std::vector<std::byte> input_;
  z_stream decoder_{};
  std::uint64_t taken_ = 0;
  std::optional<Error> failure_;
  bool ended_ = false;
  bool truncated_ = false;
};

struct Packer {
  std::string_view magic;
  std::string_view name;
  std::string_view remedy;
};

constexpr std::array<Packer, 4> kOtherPackers = {{
    {{"PK\x03\x04", 4}, "zip", "Unpack it first: unzip FILE"},
    {{"\xFD"
      "7zXZ\0",
      6},
     "xz",
     "Unpack it into a pipe: xz -dc FILE | molbridge ... -"},
    {{"BZh", 3}, "bzip2", "Unpack it into a pipe: bzip2 -dc FILE | molbridge ... -"},
    {{"\x28\xB5\x2F\xFD", 4}, "zstd", "Unpack it into a pipe: zstd -dc FILE | molbridge ... -"},
}};

void refuse_other_packers(const std::string& name, std::string_view head) {
  for (const Packer& packer : kOtherPackers) {
    if (!head.starts_with(packer.magic)) continue;
    if (packer.name == "bzip2" && !(head.size() > 4 && head[3] >= '1' && head[3] <= '9' && head[4] == '1')) continue;
    throw Error(ErrorCode::kInput, "is packed with " + std::string(packer.name) + "; only gzip is read directly")
        .in_file(name)
        .remedy(std::string(packer.remedy));
  }
}

std::unique_ptr<ByteStream> detect(std::string name, std::unique_ptr<ByteStream> raw) {
  std::string head(kHeadBytes, '\0');
  std::size_t have = 0;
  while (have < head.size()) {
    const std::size_t got = raw->read(std::as_writable_bytes(std::span(head)).subspan(have));
    if (got == 0) break;
    have += got;
  }
  head.resize(have);
  refuse_other_packers(name, head);
  const bool gzip = head.starts_with("\x1f\x8b");
  auto whole = std::make_unique<HeadedStream>(std::move(raw), std::move(head));
  if (gzip) return std::make_unique<GzipStream>(std::move(name), std::move(whole));
  return whole;
}

}  // namespace

std::unique_ptr<ByteStream> open_bytes(const std::string& path) {
  return detect(path == "-" ? "standard input" : path, std::make_unique<FileStream>(path));
}

std::unique_ptr<ByteStream> open_bytes(std::string name, std::span<const std::byte> bytes) {
  return detect(std::move(name), std::make_unique<MemoryStream>(bytes));
}

}  // namespace molbridge
