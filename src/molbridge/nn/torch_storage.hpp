#pragma once
// Where the raw numbers of a PyTorch file lie: entries of a zip archive, or one after another behind the pickles of the legacy container.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "molbridge/nn/pickle.hpp"
#include "molbridge/nn/safetensors.hpp"
#include "molbridge/nn/zip_reader.hpp"

namespace molbridge::nn {

/// What a class of storages holds. `type` is absent for what this project does not read (complex and quantised numbers).
struct StorageType {
  std::string_view name;   ///< "FloatStorage"
  std::string_view dtype;  ///< "float32", empty for raw bytes
  std::uint64_t size = 1;  ///< of an element
  std::optional<ElementType> type;
};

/// By "torch.FloatStorage" or "torch.cuda.FloatStorage"; nullptr when unknown.
const StorageType* storage_type(std::string_view qualified_name);
/// By "torch.float32"; nullptr when unknown.
const StorageType* storage_type_of_dtype(std::string_view qualified_name);

/// The persistent id ('storage', class, key, location, count[, (view key, offset, count)]).
struct StorageRef {
  const StorageType* type = nullptr;
  std::string type_name, key;
  std::uint64_t count = 0;                                      ///< elements of the root storage
  std::optional<std::pair<std::uint64_t, std::uint64_t>> view;  ///< offset and count inside it, in elements
};
/// nullopt when the node is no proper storage id.
std::optional<StorageRef> parse_storage(const pickle::Node& node);

/// Not thread-safe.
class TorchStorages {
 public:
  virtual ~TorchStorages() = default;
  /// All bytes that the file has for a key. Errors: kModel when absent or unreadable.
  virtual std::span<const std::byte> bytes(const std::string& key) = 0;
  /// Owners of what bytes() gave, where it lies outside the map.
  const std::vector<std::shared_ptr<const void>>& owners() const { return owners_; }

 protected:
  std::vector<std::shared_ptr<const void>> owners_;
};

/// Entries "<prefix><key>". Each packed one is expanded once. The archive must outlive the result.
std::unique_ptr<TorchStorages> zip_storages(ZipReader& archive, std::string prefix, const std::string& path);

/// `tree` is the data pickle, `offset` the byte behind it, where the list of keys starts. Errors: kModel with offset.
std::unique_ptr<TorchStorages> legacy_storages(const MappedFile& file, const pickle::Tree& tree, std::uint64_t offset);

}  // namespace molbridge::nn
