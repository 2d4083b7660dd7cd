#pragma once
// One process at a time in a folder. The kernel drops the lock with the process, so a kill leaves none behind; the lock file
// itself stays. Not thread-safe.

#include <functional>
#include <string>

namespace molbridge {

class FileLock {
 public:
  /// Waits while another process has it, and calls `on_wait` once then. A file system without locks is taken as it is.
  /// Errors: kOutput when the file cannot be made, kCancelled.
  FileLock(const std::string& path, const std::function<void()>& on_wait);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace molbridge
