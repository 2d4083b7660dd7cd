#include "molbridge/service/model_cache.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "molbridge/core/config.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"

namespace molbridge::service {
namespace fs = std::filesystem;

std::string cache_root(const std::string& given) {
  if (!given.empty()) return given;
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg != nullptr && fs::path(xdg).is_absolute()) return (fs::path(xdg) / "molbridge").string();
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return (fs::path(home) / ".cache" / "molbridge").string();
  throw Error(ErrorCode::kUsage, "no place for fetched models: neither XDG_CACHE_HOME nor HOME is set")
      .remedy("Name one: --cache DIR or MOLBRIDGE_CACHE.");
}

std::string vector_cache_folder(const std::string& given) {
  try {
    return cache_root(given) + "/vectors";
  } catch (const Error&) {
    return "";
  }
}

std::string cached_model_folder(const std::string& root, const std::string& name) {
  return (fs::path(root) / "models" / name).string();
}

const PulledFile* PulledModel::find(const std::string& file) const {
  const auto found = std::find_if(files.begin(), files.end(), [&](const PulledFile& f) { return f.name == file; });
  return found == files.end() ? nullptr : &*found;
}

void PulledModel::put(PulledFile file) {
  std::erase_if(files, [&](const PulledFile& f) { return f.name == file.name; });
  files.push_back(std::move(file));
}

PulledModel read_pulled(const std::string& folder) {
  PulledModel pulled;
  const std::string path = (fs::path(folder) / kPullRecord).string();
  if (!file_exists(path)) return pulled;
  const Config config = Config::read(path, true);
  pulled.name = config.text("name");
  pulled.licence = config.text("licence", "");
  for (std::size_t i = 0;; ++i) {
    const std::string prefix = "file_" + std::to_string(i);
    if (!config.has(prefix)) return pulled;
    PulledFile file;
    file.name = config.text(prefix + ".name");
    file.url = config.text(prefix + ".url");
    file.sha256 = config.text(prefix + ".sha256");
    file.date = config.text(prefix + ".date", "");
    file.size = static_cast<std::uint64_t>(std::max<std::int64_t>(0, config.integer(prefix + ".size")));
    file.verified = config.flag(prefix + ".verified", false);
    pulled.files.push_back(std::move(file));
  }
}

void write_pulled(const std::string& folder, const PulledModel& pulled) {
  ConfigWriter writer;
  writer.comment("Written by molbridge model pull: what was fetched. Later pulls check the files against it.");
  writer.integer("format", 1);
  writer.text("name", pulled.name);
  writer.text("licence", pulled.licence);
  for (std::size_t i = 0; i < pulled.files.size(); ++i) {
    const PulledFile& file = pulled.files[i];
    const std::string prefix = "file_" + std::to_string(i);
    writer.text(prefix + ".name", file.name);
    writer.text(prefix + ".url", file.url);
    writer.integer(prefix + ".size", static_cast<std::int64_t>(file.size));
    writer.text(prefix + ".sha256", file.sha256);
    writer.flag(prefix + ".verified", file.verified);
    writer.text(prefix + ".date", file.date);
  }
  write_file_atomically((fs::path(folder) / kPullRecord).string(), writer.str());
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace molbridge::service
