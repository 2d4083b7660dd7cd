#pragma once
// The command line: argv -> options -> service -> exit code. One file per subcommand.

#include <functional>

#include "molbridge/cli/training_runners.hpp"

namespace molbridge::cli {

/// Never throws; errors go to stderr as "molbridge: file:line: message" and become exit codes (core/error.hpp).
/// `runners` is empty in the program `molbridge`.
int run(int argc, char** argv, const TrainingRunners& runners = {});

/// The one boundary between exceptions and exit codes: what `work` returns, or the code of what it threw, said on stderr.
int run_guarded(const std::function<int()>& work);

}  // namespace molbridge::cli
