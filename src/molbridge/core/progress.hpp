#pragma once
// Progress as the library reports it and as the command line shows it. The library never prints: it calls a Progress.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace molbridge {

/// Receives "done of total" of one long step. Calls may come from one thread at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  /// `total` 0 means unknown. `unit` in the plural: "spectra".
  virtual void start(const std::string& label, std::uint64_t total, const std::string& unit) = 0;
  virtual void advance(std::uint64_t done) = 0;
  /// Text behind the bar, e.g. "loss 0.41".
  virtual void note(const std::string& text) = 0;
  virtual void finish() = 0;
};

/// Shows nothing.
Progress& no_progress();

/// A bar on a terminal, a line every 30 s elsewhere, both on stderr, with rate and ETA; nothing when `quiet`.
std::unique_ptr<Progress> make_stderr_progress(bool quiet);

/// "1:02:03", "4:05" or "12 s".
std::string format_duration(double seconds);

}  // namespace molbridge
