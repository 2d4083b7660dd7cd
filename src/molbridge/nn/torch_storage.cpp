#include "molbridge/nn/torch_storage.hpp"

#include <algorithm>
#include <array>

#include "molbridge/core/bytes.hpp"

namespace molbridge::nn {
namespace {

using pickle::Kind;
using pickle::Node;

constexpr std::array<StorageType, 21> kStorageTypes{{{"FloatStorage", "float32", 4, ElementType::kF32},
                                                     {"DoubleStorage", "float64", 8, ElementType::kF64},
                                                     {"HalfStorage", "float16", 2, ElementType::kF16},
                                                     {"BFloat16Storage", "bfloat16", 2, ElementType::kBF16},
                                                     {"LongStorage", "int64", 8, ElementType::kI64},
                                                     {"IntStorage", "int32", 4, ElementType::kI32},
                                                     {"ShortStorage", "int16", 2, ElementType::kI16},
                                                     {"CharStorage", "int8", 1, ElementType::kI8},
                                                     {"ByteStorage", "uint8", 1, ElementType::kU8},
                                                     {"BoolStorage", "bool", 1, ElementType::kBool},
                                                     {"ComplexFloatStorage", "complex64", 8, std::nullopt},
                                                     {"ComplexDoubleStorage", "complex128", 16, std::nullopt},
                                                     {"QInt8Storage", "qint8", 1, std::nullopt},
                                                     {"QUInt8Storage", "quint8", 1, std::nullopt},
                                                     {"QInt32Storage", "qint32", 4, std::nullopt},
                                                     {"QUInt4x2Storage", "quint4x2", 1, std::nullopt},
                                                     {"QUInt2x4Storage", "quint2x4", 1, std::nullopt},
                                                     {"UntypedStorage", "", 1, std::nullopt},
                                                     {"_UntypedStorage", "", 1, std::nullopt},
                                                     {"ComplexHalfStorage", "complex32", 4, std::nullopt},
                                                     {"UInt16Storage", "uint16", 2, std::nullopt}}};

std::string_view last_part(std::string_view qualified_name) {
  return qualified_name.substr(qualified_name.rfind('.') + 1);  // npos + 1 is 0
}

std::optional<std::uint64_t> count_of(const Node& node) {
  const auto value = node.kind == Kind::kInt ? node.as_int() : std::nullopt;
  return value && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

class ZipStorages : public TorchStorages {
 public:
  ZipStorages(ZipReader& archive, std::string prefix, const std::string& path)
      : archive_(archive), prefix_(std::move(prefix)), path_(path) {}

  std::span<const std::byte> bytes(const std::string& key) override {
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    const ZipEntry* entry = archive_.find(prefix_ + key);
    if (entry == nullptr)
      throw Error(ErrorCode::kModel, "damaged PyTorch file: no entry " + prefix_ + key).in_file(path_);
    ZipContent content = archive_.read(*entry);
    if (!content.stored) owners_.push_back(std::move(content.owner));
    return known_[key] = content.bytes;
  }

 private:
  ZipReader& archive_;
  std::string prefix_;
  const std::string& path_;
  std::map<std::string, std::span<const std::byte>> known_;
};

class LegacyStorages : public TorchStorages {
 public:
  LegacyStorages(const MappedFile& file, const pickle::Tree& tree, std::uint64_t offset)
      : path_(file.path()), bytes_(file.bytes()) {
    collect_sizes(tree);
    lay_out(offset);
  }

  std::span<const std::byte> bytes(const std::string& key) override {
    if (const auto found = parts_.find(key); found != parts_.end()) return found->second;
    throw Error(ErrorCode::kModel, "damaged PyTorch file: no storage " + key).in_file(path_);
  }

 private:
  Error damaged(std::uint64_t offset, const std::string& message) const {
    return Error(ErrorCode::kModel, "damaged PyTorch file: " + message).at_offset(path_, offset);
  }

  /// The file gives each storage's number of elements but not its type: that stands in the pickle, wherever it is used.
  void collect_sizes(const pickle::Tree& tree) {
    for (const Node& node : tree.nodes()) {
      if (node.kind != Kind::kPersistent) continue;
      if (const auto ref = parse_storage(node); ref && ref->type != nullptr) sizes_[ref->key] = ref->type->size;
    }
  }

  void lay_out(std::uint64_t offset) {
    const auto keys = pickle::parse(bytes_.subspan(offset), path_, offset);
    if (keys->root().kind != Kind::kList) throw damaged(offset, "no list of storages behind the pickle");
    offset += keys->bytes_read();
    for (const Node* key : keys->root().items) {
      if (!key->is_string()) throw damaged(offset, "a storage without a name");
      const auto size = sizes_.find(key->text);
      if (size == sizes_.end()) throw damaged(offset, "storage " + key->text + " is of an unknown type");
      if (bytes_.size() - offset < 8) throw damaged(offset, "storage " + key->text + " is cut off");
      const auto count = ByteReader(bytes_.subspan(offset, 8), path_).number<std::uint64_t>("size of a storage");
      offset += 8;
      if (count > (bytes_.size() - offset) / size->second) {
        throw damaged(offset,
                      "storage " + key->text + " claims " + std::to_string(count) + " elements, the file is cut off");
      }
      parts_[key->text] = bytes_.subspan(offset, count * size->second);
      offset += count * size->second;
    }
  }

  const std::string& path_;
  std::span<const std::byte> bytes_;
  std::map<std::string, std::uint64_t> sizes_;
  std::map<std::string, std::span<const std::byte>> parts_;
};

}  // namespace

const StorageType* storage_type(std::string_view qualified_name) {
  if (!qualified_name.starts_with("torch.")) return nullptr;
  const std::string_view name = last_part(qualified_name);
  const auto found =
      std::find_if(kStorageTypes.begin(), kStorageTypes.end(), [&](const auto& row) { return row.name == name; });
  return found == kStorageTypes.end() ? nullptr : &*found;
}

const StorageType* storage_type_of_dtype(std::string_view qualified_name) {
  if (!qualified_name.starts_with("torch.")) return nullptr;
  const std::string_view name = last_part(qualified_name);
  const auto found = std::find_if(kStorageTypes.begin(), kStorageTypes.end(),
                                  [&](const auto& row) { return !row.dtype.empty() && row.dtype == name; });
  return found == kStorageTypes.end() ? nullptr : &*found;
}

std::optional<StorageRef> parse_storage(const Node& node) {
  if (node.kind != Kind::kPersistent || node.args->kind != Kind::kTuple) return std::nullopt;
  const auto& parts = node.args->items;
  if (parts.size() < 5 || !parts[0]->is_string() || parts[0]->text != "storage") return std::nullopt;
  const auto count = count_of(*parts[4]);
  if (parts[1]->kind != Kind::kGlobal || !parts[2]->is_string() || !count) return std::nullopt;
  StorageRef ref{storage_type(parts[1]->text), parts[1]->text, parts[2]->text, *count, std::nullopt};
  if (parts.size() == 5 || parts[5]->kind == Kind::kNone) return ref;
  if (parts[5]->kind != Kind::kTuple || parts[5]->items.size() != 3) return std::nullopt;
  const auto offset = count_of(*parts[5]->items[1]), size = count_of(*parts[5]->items[2]);
  if (!offset || !size) return std::nullopt;
  ref.view = {*offset, *size};
  return ref;
}

std::unique_ptr<TorchStorages> zip_storages(ZipReader& archive, std::string prefix, const std::string& path) {
  return std::make_unique<ZipStorages>(archive, std::move(prefix), path);
}

std::unique_ptr<TorchStorages> legacy_storages(const MappedFile& file, const pickle::Tree& tree, std::uint64_t offset) {
  return std::make_unique<LegacyStorages>(file, tree, offset);
}

}  // namespace molbridge::nn
