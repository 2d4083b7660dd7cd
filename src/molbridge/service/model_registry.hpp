#pragma once
// Which published models can be fetched, from where, and what their files must be. Format page: docs/models.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace molbridge::service {

/// Where the registry that ships with molbridge stands, below the roots of installation.hpp.
inline constexpr const char* kShippedRegistry = "models/registry.toml";

/// One file. Size and SHA-256 are absent where nobody has published them.
struct RegistryFile {
  std::string name;  ///< relative path below the model's folder, "1_Pooling/config.json"; safe to create
  std::string url;   ///< http or https
  std::optional<std::uint64_t> size;
  std::optional<std::string> sha256;
};

struct RegistryEntry {
  std::string name;         ///< small letters, digits, '-' and '_'
  std::string kind;         ///< what reads it: "dreams", "roberta", "bert", "esm", "specbridge", ...
  std::string description;  ///< one line
  std::string licence;      ///< "not stated" where the publisher says nothing
  std::string source;       ///< page to read
  std::string import;       ///< command that makes a model of it; "{folder}" stands for where it was put
  std::vector<RegistryFile> files;
  std::string registry;  ///< file that the entry stands in

  /// Sum of the sizes that are known.
  std::uint64_t known_size() const;
  bool is_size_known() const;  ///< of every file
  std::string import_command(const std::string& folder) const;
};

class ModelRegistry {
 public:
  /// Errors: kModel with file and line for what is missing, unsafe or unknown.
  static ModelRegistry parse(std::string_view text, const std::string& name);
  /// The shipped one and those of `files`; a later entry replaces an earlier one of its name.
  static ModelRegistry load(const std::vector<std::string>& files);

  const std::vector<RegistryEntry>& entries() const { return entries_; }
  /// Errors: kModel, with the nearest names.
  const RegistryEntry& find(const std::string& name) const;

 private:
  void add(RegistryEntry entry);
  std::vector<RegistryEntry> entries_;
};

}  // namespace molbridge::service
