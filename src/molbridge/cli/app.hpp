#pragma once
// The command line: argv -> options -> service -> exit code. One file per subcommand.

namespace molbridge::cli {

/// Never throws; errors go to stderr as "molbridge: file:line: message" and become exit codes (core/error.hpp).
int run(int argc, char** argv);

}  // namespace molbridge::cli
