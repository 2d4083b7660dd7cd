#pragma once
// What a running command is given besides its own options.

#include <cstddef>
#include <string>
#include <string_view>

#include "molbridge/core/progress.hpp"

namespace molbridge::cli {

/// Lives for one run. Results go to the command's output, everything said here goes to standard error.
struct Context {
  std::size_t threads = 1;  ///< resolved, at least 1
  bool quiet = false;
  bool terminal = false;         ///< standard output is a terminal: tables for people instead of TSV
  Progress* progress = nullptr;  ///< never null; shows nothing when quiet
  /// The options as --print-config shows them, for outputs that state how they were made.
  std::string resolved_config;

  /// One line on standard error unless --quiet.
  void say(std::string_view line) const;
};

/// Prints a result on standard output. Errors: kOutput (closed pipe, full disk).
void print_result(std::string_view text);

}  // namespace molbridge::cli
