// Kills a building process (SIGKILL) at many moments, and takes the disk away from it. Whatever happens: the old bank
// opens until the new one stands, and the build can be continued to the very bytes that an undisturbed one gives.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "molbridge/bank/builder.hpp"
#include "molbridge/bank/replace_folder.hpp"
#include "molbridge/bank/test_bank.hpp"

namespace molbridge::bank {
namespace {

using namespace testing;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kWidth = 256;

/// Runs `work` in a child process; its return value is the child's exit code.
pid_t fork_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int code = 99;
  try {
    code = work();
  } catch (...) {
  }
  ::_exit(code);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

class KilledBuild : public ::testing::Test {
 protected:
  KilledBuild() : rows_(make_rows(600, kWidth, 21)), options_(test_options(kWidth, Dtype::kBits)) {
    options_.memory_budget = 30000;  // several runs
    build_bank(folder_ / "old", make_rows(50, kWidth, 22), options_with_job("old"));
    old_digest_ = Bank::open(folder_ / "old")->manifest().digest;
    const auto start = Clock::now();
    build_bank(folder_ / "undisturbed", rows_, options_, kCheckpointEvery);
    duration_ = Clock::now() - start;
    expected_ = bank_bytes(folder_ / "undisturbed");
    new_digest_ = Bank::open(folder_ / "undisturbed")->manifest().digest;
  }

  void start_with_old_bank() const {
    std::filesystem::remove_all(target_);
    std::filesystem::remove_all(target_ + ".partial");
    std::filesystem::copy(folder_ / "old", target_);
  }
  BuildOptions options_with_job(const std::string& job) const {
    BuildOptions options = options_;
    options.job_digest = job;
    return options;
  }
  int build_in_child() const {
    build_bank(target_, rows_, options_, kCheckpointEvery);
    return 0;
  }
  /// A child that builds and is killed after `delay`. True when it had finished before.
  bool build_and_kill(std::chrono::nanoseconds delay) {
    const pid_t child = fork_child([&] { return build_in_child(); });
    std::this_thread::sleep_for(delay);
    ::kill(child, SIGKILL);
    const int status = wait_for(child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  static constexpr std::size_t kCheckpointEvery = 150;
  TempFolder folder_;
  std::string target_ = folder_ / "bank";
  std::vector<TestRow> rows_;
  BuildOptions options_;
  std::chrono::nanoseconds duration_{};
  std::vector<std::string> expected_;
  std::string new_digest_;
  std::string old_digest_;
};

TEST_F(KilledBuild, Resume_AfterKillsAtManyMoments_GivesTheSameBytesAndNeverLosesTheOldBank) {
  constexpr int kRounds = 12;
  Rng rng(23);
  int killed = 0;
  for (int round = 0; round < kRounds; ++round) {
    start_with_old_bank();
    const auto delay = [&] {
      return std::chrono::nanoseconds(rng.below(static_cast<std::uint64_t>(duration_.count())));
    };
    for (int kills = 0; kills < 3 && !build_and_kill(delay()); ++kills) {
      ++killed;
      const std::string digest = Bank::open(target_)->manifest().digest;
      EXPECT_TRUE(digest == old_digest_ || digest == new_digest_);
      Bank::open(target_)->record(0);
    }
    build_in_child();
    ASSERT_EQ(bank_bytes(target_), expected_) << "round " << round;
    EXPECT_FALSE(std::filesystem::exists(target_ + ".partial"));
  }
  EXPECT_GT(killed, kRounds / 2);
}

TEST_F(KilledBuild, Open_KilledBeforeTheFirstBank_SaysHowToContinue) {
  const auto builder = BankBuilder::create(target_, options_, true);
  builder->checkpoint({});
  const Error error = error_of([&] { Bank::open(target_); });
  EXPECT_EQ(error.code(), ErrorCode::kModel);
  EXPECT_NE(std::string(error.what()).find("interrupted"), std::string::npos) << error.what();
  EXPECT_NE(error.remedy_text().find("again"), std::string::npos) << error.what();
}

TEST_F(KilledBuild, Resume_AfterAKillInTheMerge_NeedsNoInput) {
  {
    const auto builder = BankBuilder::create(target_, options_, true);
    for (const auto& row : rows_) add_row(*builder, row, options_.dtype);
    builder->checkpoint({rows_.size(), rows_.size(), 0});
  }
  std::filesystem::create_directories(target_ + ".partial/bank");  // as a kill in the merge leaves it
  write_file(target_ + ".partial/bank/embeddings.safetensors", "half");
  const auto builder = BankBuilder::create(target_, options_, true);
  EXPECT_EQ(builder->resume_point().input_rows, rows_.size());
  builder->finish();
  EXPECT_EQ(bank_bytes(target_), expected_);
}

TEST_F(KilledBuild, Open_WhileBanksAreReplaced_AlwaysFindsAWholeOne) {
  start_with_old_bank();
  constexpr int kReplacements = 15;
  const pid_t child = fork_child([&] {
    for (int i = 0; i < kReplacements; ++i) {
      build_bank(target_, make_rows(40 + static_cast<std::size_t>(i), kWidth, 1), options_with_job(std::to_string(i)));
    }
    return 0;
  });
  int opened = 0;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    const auto bank = Bank::open(target_);
    EXPECT_EQ(bank->records({0, bank->size()}).size(), bank->masses().size());
    ++opened;
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_GT(opened, kReplacements);
}

TEST_F(KilledBuild, Open_WhileFoldersAreRenamedWithoutExchange_AlwaysFindsAWholeOne) {
  start_with_old_bank();
  build_bank(folder_ / "other", make_rows(60, kWidth, 3), options_with_job("other"));
  constexpr int kReplacements = 60;
  const pid_t child = fork_child([&] {
    for (int i = 0; i < kReplacements; ++i) {
      const std::string copy = folder_ / "copy";
      std::filesystem::copy(folder_ / "other", copy);
      put_in_place(copy, target_, false);
    }
    return 0;
  });
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) EXPECT_GT(Bank::open(target_)->size(), 0U);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/// Files of this process may not grow beyond `bytes` from here on, which is how a full disk looks to it.
void limit_file_size(std::uint64_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST_F(KilledBuild, Build_DiskFullAtAnySize_IsAnOutputErrorAndCanBeContinued) {
  const std::uint64_t largest = std::max(expected_[1].size(), expected_[3].size());
  int failed = 0;
  // From where even the lock's neighbour cannot be written to where only the largest file of the bank fails.
  for (std::uint64_t bytes = 64; bytes < largest; bytes = bytes * 3 + 100) {
    start_with_old_bank();
    const pid_t child = fork_child([&] {
      limit_file_size(bytes);
      return error_of([&] { build_in_child(); }).code() == ErrorCode::kOutput ? 6 : 1;
    });
    const int status = wait_for(child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 6) << bytes << ": " << status;
    ++failed;
    EXPECT_EQ(Bank::open(target_)->manifest().digest, old_digest_) << bytes;
    build_in_child();
    EXPECT_EQ(bank_bytes(target_), expected_) << bytes;
  }
  EXPECT_GT(failed, 4);
}

}  // namespace
}  // namespace molbridge::bank
