#include <fmt/format.h>

#include "molbridge/cli/commands.hpp"
#include "molbridge/core/version.hpp"

namespace molbridge::cli {

void add_version_command(Command& parent) {
  Command& c = parent.add("version", "Prints the version.", "molbridge version");
  c.on_run(
      [](const Context&) {
        print_result(fmt::format("molbridge {}\n", version()));
        return 0;
      },
      {.threads = false, .config = false});
}

}  // namespace molbridge::cli
