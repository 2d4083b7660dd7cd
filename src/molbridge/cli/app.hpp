#pragma once
// The command line: argv -> options -> service -> exit code. One file per subcommand.

#include <functional>

namespace molbridge::cli {

/// Never throws; errors go to stderr as "molbridge: file:line: message" and become exit codes (core/error.hpp).
int run(int argc, char** argv);

/// The one boundary between exceptions and exit codes: what `work` returns, or the code of what it threw, said on stderr.
int run_guarded(const std::function<int()>& work);

}  // namespace molbridge::cli
