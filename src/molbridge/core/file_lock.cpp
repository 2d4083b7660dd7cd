#include "molbridge/core/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "molbridge/core/error.hpp"
#include "molbridge/core/interrupt.hpp"

namespace molbridge {

FileLock::FileLock(const std::string& path, const std::function<void()>& on_wait)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0) {
    throw Error(ErrorCode::kOutput, std::string("cannot write: ") + std::strerror(errno))
        .in_file(path)
        .remedy("Check that the folder is writable, or choose another one.");
  }
  bool told = false;
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return;
    if (!told) on_wait();
    told = true;
    if (interrupted()) ::close(fd_);
    check_interrupt();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace molbridge
