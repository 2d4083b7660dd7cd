#include "molbridge/service/model_registry.hpp"

#include <algorithm>
#include <set>

#include "molbridge/core/config.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/fetch/url.hpp"
#include "molbridge/service/installation.hpp"

namespace molbridge::service {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kMaxFileBytes = std::int64_t{1} << 44;
constexpr std::size_t kMaxFiles = 1000;

bool consists_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_name(std::string_view text) {
  return text.size() <= 100 && consists_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") && text.front() != '-';
}

/// Names that stay below the folder, on every file system, and are none of molbridge's own.
bool is_safe_path(std::string_view path) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/";
  if (path.size() > 200 || !consists_of(path, kLetters) || path == "pulled.toml") return false;
  if (path.ends_with(".part") || path.ends_with(".part.toml")) return false;
  const auto parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](auto part) { return part.empty() || part.front() == '.'; });
}

[[noreturn]] void refuse(const Config& config, const std::string& entry, const std::string& what) {
  throw Error(ErrorCode::kModel, "entry " + entry + ": " + what).in_file(config.name());
}

std::optional<std::uint64_t> read_size(const Config& config, const std::string& entry, const std::string& key) {
  if (!config.has(key)) return std::nullopt;
  const std::int64_t size = config.integer(key);
  if (size <= 0 || size > kMaxFileBytes) refuse(config, entry, "a size of " + std::to_string(size) + " bytes");
  return static_cast<std::uint64_t>(size);
}

std::optional<std::string> read_digest(const Config& config, const std::string& entry, const std::string& key) {
  if (!config.has(key)) return std::nullopt;
  std::string digest = to_lower(config.text(key));
  if (digest.size() != 64 || !consists_of(digest, "0123456789abcdef")) {
    refuse(config, entry, "sha256 must be 64 hexadecimal digits, is \"" + digest.substr(0, 80) + "\"");
  }
  return digest;
}

RegistryFile read_file(const Config& config, const std::string& entry, const std::string& prefix) {
  RegistryFile file;
  file.name = config.text(prefix + ".name");
  if (!is_safe_path(file.name)) {
    refuse(config, entry,
           "\"" + file.name.substr(0, 200) + "\" is no allowed name of a file (letters, digits, - _ . + and /)");
  }
  file.url = config.text(prefix + ".url");
  if (const auto url = fetch::parse_url(file.url); !url) refuse(config, entry, url.reason());
  file.size = read_size(config, entry, prefix + ".size");
  file.sha256 = read_digest(config, entry, prefix + ".sha256");
  return file;
}

RegistryEntry read_entry(const Config& config, const std::string& name) {
  if (!is_name(name)) refuse(config, name, "a name has small letters, digits, - and _ only");
  RegistryEntry entry;
  entry.name = name;
  entry.registry = config.name();
  entry.kind = config.text(name + ".kind");
  entry.description = config.text(name + ".description", "");
  entry.licence = config.text(name + ".licence", "not stated");
  entry.source = config.text(name + ".source", "");
  entry.import = config.text(name + ".import", "");
  std::set<std::string> names;
  for (std::size_t i = 0; i < kMaxFiles; ++i) {
    const std::string prefix = name + ".files[" + std::to_string(i) + "]";
    if (!config.has(prefix)) break;
    entry.files.push_back(read_file(config, name, prefix));
    if (!names.insert(entry.files.back().name).second)
      refuse(config, name, "two files named " + entry.files.back().name);
  }
  if (entry.files.empty()) refuse(config, name, "has no [[" + name + ".files]]");
  return entry;
}

}  // namespace

std::uint64_t RegistryEntry::known_size() const {
  std::uint64_t sum = 0;
  for (const RegistryFile& file : files) sum += file.size.value_or(0);
  return sum;
}

bool RegistryEntry::is_size_known() const {
  return std::all_of(files.begin(), files.end(), [](const RegistryFile& file) { return file.size.has_value(); });
}

std::string RegistryEntry::import_command(const std::string& folder) const {
  constexpr std::string_view kFolder = "{folder}";
  std::string out = import;
  for (std::size_t at = out.find(kFolder); at != std::string::npos; at = out.find(kFolder, at + folder.size())) {
    out.replace(at, kFolder.size(), folder);
  }
  return out;
}

ModelRegistry ModelRegistry::parse(std::string_view text, const std::string& name) {
  const Config config = Config::parse(text, name, true);
  const std::int64_t format = config.integer("format");
  if (format != kFormat) {
    throw Error(ErrorCode::kModel, "registry of format " + std::to_string(format) + ", this version reads format 1")
        .in_file(name);
  }
  std::set<std::string> names;
  for (const std::string& key : config.keys()) {
    if (key != "format") names.insert(key.substr(0, key.find_first_of(".[")));
  }
  ModelRegistry registry;
  for (const std::string& entry : names) registry.add(read_entry(config, entry));
  config.reject_unused();
  return registry;
}

ModelRegistry ModelRegistry::load(const std::vector<std::string>& files) {
  constexpr std::uint64_t kLimit = 16 << 20;
  std::vector<std::string> paths;
  if (const std::string shipped = find_shipped(kShippedRegistry); !shipped.empty()) paths.push_back(shipped);
  paths.insert(paths.end(), files.begin(), files.end());
  ModelRegistry all;
  for (const std::string& path : paths) {
    for (RegistryEntry& entry : parse(read_text_file(path, kLimit), path).entries_) all.add(std::move(entry));
  }
  return all;
}

void ModelRegistry::add(RegistryEntry entry) {
  const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e.name == entry.name; });
  if (same != entries_.end()) {
    *same = std::move(entry);
  } else {
    entries_.push_back(std::move(entry));
  }
}

const RegistryEntry& ModelRegistry::find(const std::string& name) const {
  std::vector<std::string> close;  // names that hold the word, or the nearest spelling
  std::vector<std::string> names;
  for (const RegistryEntry& entry : entries_) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
    if (name.size() >= 3 && entry.name.find(to_lower(name)) != std::string::npos) close.push_back(entry.name);
  }
  if (close.empty()) {
    if (const auto guess = nearest(name, names)) close.push_back(*guess);
  }
  std::string message = "no model named \"" + name + "\" in the registry";
  if (!close.empty()) message += " (did you mean " + join(close, ", ") + "?)";
  throw Error(ErrorCode::kModel, message)
      .remedy("molbridge model list shows all names; --registry FILE adds your own.");
}

}  // namespace molbridge::service
