#pragma once
// A file that grows, survives a kill together with a checkpoint of its size, and is cut back to it. Not thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

namespace molbridge {

class AppendFile {
 public:
  /// Keeps the first `size` bytes of what stands there. Errors: kOutput.
  AppendFile(std::string path, std::uint64_t size);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void write(std::string_view bytes);
  /// Everything written so far is on the disk afterwards.
  void sync();
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  void flush();
  [[noreturn]] void fail() const;
  std::string path_, buffer_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace molbridge
