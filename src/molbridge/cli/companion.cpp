#include "molbridge/cli/companion.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "molbridge/core/error.hpp"

namespace molbridge::cli {
namespace fs = std::filesystem;

std::string find_companion(const std::string& program) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place : {folder / program, folder.parent_path() / "libexec" / "molbridge" / program}) {
    if (fs::is_regular_file(place, error)) return place.string();
  }
  return {};
}

void hand_over(const std::string& program, char* const* argv) {
  const std::string path = find_companion(program);
  const std::string remedy =
      "It belongs beside the program molbridge; build it there with: tools/build.sh release " + program;
  if (path.empty()) {
    throw Error(ErrorCode::kResource, "this command needs the program " + program + ", which is not installed")
        .remedy(remedy);
  }
  std::fflush(nullptr);
  ::execv(path.c_str(), argv);
  throw Error(ErrorCode::kResource, std::string("cannot be started: ") + std::strerror(errno))
      .in_file(path)
      .remedy(remedy);
}

}  // namespace molbridge::cli
