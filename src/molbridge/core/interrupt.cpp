#include "molbridge/core/interrupt.hpp"

#include <atomic>
#include <csignal>

#include "molbridge/core/error.hpp"

namespace molbridge {
namespace {

std::atomic<bool> g_interrupted{false};

void on_signal(int signal) {
  if (g_interrupted.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

void install_interrupt_handlers() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  // A closed pipe and a file-size limit are reported as failed writes, not as a silent end.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() { return g_interrupted.load(std::memory_order_relaxed); }

void check_interrupt() {
  if (interrupted()) throw Error(ErrorCode::kCancelled, "interrupted");
}

}  // namespace molbridge
