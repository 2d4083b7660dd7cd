#include "molbridge/core/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "molbridge/core/text.hpp"

namespace molbridge {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class NoProgress : public Progress {
 public:
  void start(const std::string&, std::uint64_t, const std::string&) override {}
  void advance(std::uint64_t) override {}
  void note(const std::string&) override {}
  void finish() override {}
};

class StderrProgress : public Progress {
 public:
  StderrProgress() : terminal_(::isatty(STDERR_FILENO) != 0) {}
  ~StderrProgress() override {
    if (active_ && terminal_) std::fputs("\n", stderr);
  }

  void start(const std::string& label, std::uint64_t total, const std::string& unit) override {
    label_ = label;
    unit_ = unit;
    total_ = total;
    done_ = 0;
    note_.clear();
    started_ = last_shown_ = Clock::now();
    active_ = true;
  }

  void advance(std::uint64_t done) override {
    done_ = done;
    if (!active_ || seconds_since(last_shown_) < (terminal_ ? 0.2 : 30.0)) return;
    last_shown_ = Clock::now();
    show();
  }

  void note(const std::string& text) override { note_ = text; }

  void finish() override {
    if (!active_) return;
    const double elapsed = seconds_since(started_);
    // Steps too short to be worth a line stay silent, except on a terminal where a bar was drawn.
    if (terminal_ || elapsed >= 1.0) {
      fmt::print(stderr, "{}{}: {} {} in {} ({:.0f}/s){}\n", terminal_ ? "\r\x1b[K" : "", label_, format_count(done_),
                 unit_, format_duration(elapsed), static_cast<double>(done_) / std::max(elapsed, 1e-9),
                 note_.empty() ? "" : "  " + note_);
    }
    active_ = false;
  }

 private:
  void show() const {
    const double elapsed = std::max(seconds_since(started_), 1e-9);
    const double rate = static_cast<double>(done_) / elapsed;
    std::string line = label_ + "  ";
    if (total_ > 0) {
      const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
      if (terminal_) line += bar(share) + " ";
      line += fmt::format("{:.0f} %  {}/{} {}", 100.0 * share, format_count(done_), format_count(total_), unit_);
      const double left = static_cast<double>(total_ - std::min(done_, total_)) / std::max(rate, 1e-9);
      line += fmt::format("  {:.0f}/s  eta {}", rate, format_duration(left));
    } else {
      line += fmt::format("{} {}  {:.0f}/s", format_count(done_), unit_, rate);
    }
    if (!note_.empty()) line += "  " + note_;
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stderr);
  }

  static std::string bar(double share) {
    constexpr int kWidth = 24;
    const int full = static_cast<int>(share * kWidth);
    std::string out;
    for (int i = 0; i < kWidth; ++i) out += i < full ? "█" : "░";
    return out;
  }

  bool terminal_;
  bool active_ = false;
  std::string label_, unit_, note_;
  std::uint64_t total_ = 0, done_ = 0;
  Clock::time_point started_, last_shown_;
};

}  // namespace

Progress& no_progress() {
  static NoProgress instance;
  return instance;
}

std::unique_ptr<Progress> make_stderr_progress(bool quiet) {
  if (quiet) return std::make_unique<NoProgress>();
  return std::make_unique<StderrProgress>();
}

std::string format_duration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::clamp(seconds + 0.5, 0.0, 1e9));
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{}:{:02}", total / 60, total % 60);
  return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
}

}  // namespace molbridge
