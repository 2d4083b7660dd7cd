#include "molbridge/service/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "molbridge/core/files.hpp"

namespace molbridge::service {
namespace {

class FileOutput : public Output {
 public:
  explicit FileOutput(const std::string& path) : file_(path) {}
  void write(std::string_view text) override { file_.write(text); }
  void commit() override { file_.commit(); }

 private:
  AtomicFile file_;
};

/// Standard output through the descriptor, so that a failed write is seen where it happens.
class StandardOutput : public Output {
 public:
  void write(std::string_view text) override {
    buffer_.append(text);
    if (buffer_.size() >= kFlushSize) flush();
  }
  void commit() override { flush(); }

 private:
  static constexpr std::size_t kFlushSize = 1 << 16;

  void flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t put = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        throw Error(ErrorCode::kOutput, std::string("cannot write to standard output: ") + std::strerror(errno));
      }
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
    buffer_.clear();
  }

  std::string buffer_;
};

}  // namespace

std::unique_ptr<Output> open_output(const std::string& path) {
  if (path == "-") return std::make_unique<StandardOutput>();
  return std::make_unique<FileOutput>(path);
}

}  // namespace molbridge::service
