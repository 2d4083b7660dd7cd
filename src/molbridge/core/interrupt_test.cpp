#include "molbridge/core/interrupt.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "molbridge/core/error.hpp"

namespace molbridge {
namespace {

// Each case ends its process: the handlers and the flag are global.

TEST(InterruptDeathTest, FirstSignal_BecomesACancelledError) {
  const auto scenario = [] {
    install_interrupt_handlers();
    check_interrupt();
    std::raise(SIGINT);
    try {
      check_interrupt();
    } catch (const Error& error) {
      std::_Exit(interrupted() ? exit_code(error.code()) : 1);
    }
    std::_Exit(2);
  };
  EXPECT_EXIT(scenario(), testing::ExitedWithCode(130), "");
}

TEST(InterruptDeathTest, SecondSignal_EndsTheProcess) {
  const auto scenario = [] {
    install_interrupt_handlers();
    std::raise(SIGTERM);
    std::raise(SIGTERM);
    std::_Exit(0);
  };
  EXPECT_EXIT(scenario(), testing::KilledBySignal(SIGTERM), "");
}

TEST(InterruptDeathTest, ClosedPipe_IsAFailedWriteNotADeath) {
  const auto scenario = [] {
    install_interrupt_handlers();
    int ends[2];
    if (::pipe(ends) != 0) std::_Exit(1);
    ::close(ends[0]);
    std::_Exit(::write(ends[1], "x", 1) < 0 ? 7 : 1);
  };
  EXPECT_EXIT(scenario(), testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace molbridge
