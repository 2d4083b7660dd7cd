#pragma once
// Help texts, made from the declarations of the options.

#include <string>

#include "molbridge/cli/command.hpp"

namespace molbridge::cli {

/// Help of one command: its example first, then what it does, usage and options with default and environment variable.
std::string command_help(const Command& command);
/// One screen: what molbridge is, the commands, the exit codes.
std::string overview(const Command& root);

}  // namespace molbridge::cli
