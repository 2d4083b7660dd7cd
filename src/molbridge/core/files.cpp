#include "molbridge/core/files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace molbridge {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 20;

std::string system_reason() { return std::strerror(errno); }

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw Error(ErrorCode::kInput, "cannot open: " + system_reason()).in_file(path);
  }
  ~FileDescriptor() { ::close(fd_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::uint64_t regular_size(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw Error(ErrorCode::kInput, "cannot stat: " + system_reason()).in_file(path);
  if (S_ISDIR(status.st_mode)) throw Error(ErrorCode::kInput, "is a folder, not a file").in_file(path);
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

std::string read_text_file(const std::string& path, std::uint64_t limit) {
  const FileDescriptor file(path);
  if (regular_size(file.get(), path) > limit) {
    throw Error(ErrorCode::kInput, "larger than the " + std::to_string(limit) + " bytes allowed here").in_file(path);
  }
  std::string text;
  std::string chunk(kBufferSize, '\0');
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(ErrorCode::kInput, "cannot read: " + system_reason()).in_file(path);
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) throw Error(ErrorCode::kInput, "larger than allowed here").in_file(path);
  }
}

bool file_exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool folder_exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

std::uint64_t file_size(const std::string& path) {
  const FileDescriptor file(path);
  return regular_size(file.get(), path);
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error && !path.empty())
    throw Error(ErrorCode::kOutput, "cannot create the folder: " + error.message()).in_file(path);
}

void sync_folder(const std::string& path) {
  const int fd = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  const FileDescriptor file(path);
  const std::uint64_t size = regular_size(file.get(), path);
  if (!std::filesystem::is_regular_file(path))
    throw Error(ErrorCode::kInput, "is a device or a pipe, not a file").in_file(path);
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(path, nullptr, 0));
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) throw Error(ErrorCode::kInput, "cannot map: " + system_reason()).in_file(path);
  return std::shared_ptr<const MappedFile>(new MappedFile(path, static_cast<const std::byte*>(data), size));
}

MappedFile::MappedFile(std::string path, const std::byte* data, std::size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), target_(path_) {
  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  const bool special = path_.starts_with("/dev/") || path_.starts_with("/proc/");  // whatever /dev/stdout leads to
  const bool direct = exists && !S_ISDIR(status.st_mode) && (special || !S_ISREG(status.st_mode));
  std::error_code ignored;
  if (const auto real = std::filesystem::canonical(path_, ignored); !ignored && !direct) target_ = real.string();
  if (!direct) temporary_path_ = target_ + "." + std::to_string(::getpid()) + ".tmp";
  fd_ = direct ? ::open(target_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)
               : ::open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    throw Error(ErrorCode::kOutput, "cannot write: " + system_reason())
        .in_file(path_)
        .remedy("Check that the folder exists and is writable.");
  }
  if (exists && !direct) ::fchmod(fd_, status.st_mode & 07777);
  buffer_.reserve(kBufferSize);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

void AtomicFile::write(std::string_view text) {
  written_ += text.size();
  if (buffer_.size() + text.size() > kBufferSize) flush();
  if (text.size() <= kBufferSize) {
    buffer_.append(text);
    return;
  }
  buffer_.assign(text);
  flush();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void AtomicFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(fd_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      throw Error(ErrorCode::kOutput, "cannot write: " + system_reason())
          .in_file(path_)
          .remedy("The file that stood there before is unchanged. Free some space or choose another output.");
    }
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  const bool direct = temporary_path_.empty();
  const bool synced = direct || ::fsync(fd_) == 0;  // devices and pipes know no fsync
  if (!synced || ::close(std::exchange(fd_, -1)) != 0 ||
      (!direct && ::rename(temporary_path_.c_str(), target_.c_str()) != 0)) {
    const std::string reason = system_reason();
    if (!direct) ::unlink(temporary_path_.c_str());
    throw Error(ErrorCode::kOutput, "cannot write: " + reason).in_file(path_);
  }
  if (!direct) sync_folder(std::filesystem::path(target_).parent_path().string());
}

void write_file_atomically(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace molbridge
