#pragma once
// Programs that belong to molbridge and stand beside it: whoever types `molbridge train` need not know which one does the work.

#include <string>

namespace molbridge::cli {

/// Path of `program` in the folder of this executable or in ../libexec/molbridge; "" when it is in neither.
std::string find_companion(const std::string& program);

/// This process becomes `program`, with the same arguments, environment, streams and process number: signals and the exit code
/// are those of `program`. Errors: kResource when it is missing or cannot be started.
[[noreturn]] void hand_over(const std::string& program, char* const* argv);

}  // namespace molbridge::cli
