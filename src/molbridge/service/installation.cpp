#include "molbridge/service/installation.hpp"

#include <filesystem>

namespace molbridge::service {
namespace fs = std::filesystem;

std::vector<std::string> installation_roots() {
  constexpr int kMaxParents = 3;  // source/build/release/molbridge; further up are folders of other things
  std::vector<std::string> roots;
  std::error_code error;
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int i = 0; i < kMaxParents && !error && folder.has_relative_path(); ++i) {
    roots.push_back(folder.string());
    roots.push_back((folder / "share" / "molbridge").string());
    folder = folder.parent_path();
  }
  const fs::path current = fs::current_path(error);
  if (!error) roots.push_back(current.string());
  return roots;
}

std::string find_shipped(const std::string& relative) {
  for (const std::string& root : installation_roots()) {
    std::error_code error;
    const fs::path path = fs::path(root) / relative;
    if (fs::exists(path, error)) return path.string();
  }
  return {};
}

}  // namespace molbridge::service
