#pragma once
// argv -> the command that was named and the raw texts of its options. The only place that sees the argument parser
// library.

#include <map>
#include <string>
#include <vector>

#include "molbridge/cli/command.hpp"

namespace molbridge::cli {

struct ParsedCommand {
  Command* command = nullptr;
  /// Texts as typed, by Option::label(). Flags that were given hold "true".
  std::map<std::string, std::vector<std::string>> texts;
  bool help = false;
  bool version = false;  ///< only at the root
};

/// Errors: kUsage, with "did you mean" for options and commands.
ParsedCommand parse_arguments(Command& root, int argc, const char* const* argv);

/// Fills the variables behind the options: flags > environment > --config > what stood in them.
/// Errors: kUsage for values that do not fit, unknown config keys and missing required options; kInput when the config
/// file cannot be read.
void resolve_options(const ParsedCommand& parsed);

/// The resolved options as TOML that --config reads back.
std::string print_config(const Command& command);

}  // namespace molbridge::cli
