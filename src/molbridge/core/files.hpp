#pragma once
// Files that are read whole or mapped, and files that are written so that a kill leaves the old one or the new one.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "molbridge/core/error.hpp"

namespace molbridge {

/// Errors: kInput with the reason of the system; refuses more than `limit` bytes.
std::string read_text_file(const std::string& path, std::uint64_t limit = std::uint64_t{1} << 32);
bool file_exists(const std::string& path);
bool folder_exists(const std::string& path);
std::uint64_t file_size(const std::string& path);
/// With all parents; "" and what exists already are fine. Errors: kOutput.
void make_folders(const std::string& path);
/// fsync of a folder, so that a rename inside it survives a power cut.
void sync_folder(const std::string& path);

/// Read-only map of a whole file; an empty file gives an empty span. Shared, so that views can outlive the opener.
/// Threads: const access is safe. Errors: kInput.
class MappedFile {
 public:
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, const std::byte* data, std::size_t size);
  std::string path_;
  const std::byte* data_;
  std::size_t size_;
};

/// A file under a temporary name beside the target, until commit() has written, fsynced and renamed it. Without
/// commit() the temporary file is removed and the target stays as it was; a kill leaves "<target>.<pid>.tmp" behind,
/// nothing else. A symbolic link is followed, the permissions of an existing target are kept. A target that is no
/// regular file (a pipe, /dev/stdout, /dev/null) is written directly. Not thread-safe. Errors: kOutput (disk full, no
/// permission), with the path.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  void write(std::span<const std::byte> bytes);
  void commit();
  std::uint64_t size() const { return written_; }

 private:
  void flush();
  std::string path_;
  std::string target_;          // path_ with links followed
  std::string temporary_path_;  // empty when target_ is written directly
  std::string buffer_;
  int fd_ = -1;
  std::uint64_t written_ = 0;
};

void write_file_atomically(const std::string& path, std::string_view text);

}  // namespace molbridge
