#include "molbridge/nn/torch_file.hpp"

#include <algorithm>
#include <cstring>

#include "molbridge/nn/torch_storage.hpp"
#include "molbridge/nn/torch_tensor.hpp"
#include "molbridge/nn/torch_walk.hpp"
#include "molbridge/nn/zip_reader.hpp"

namespace molbridge::nn {
namespace {

using pickle::Kind;
using pickle::Node;

constexpr std::string_view kLegacyMagic = "0x1950a86a20f9469cfc6c";
constexpr std::int64_t kLegacyProtocol = 1001;
constexpr std::uint64_t kCopyBase = 16u << 20, kCopyFactor = 4;  // of strided tensors: bytes, and times the file
constexpr std::uint64_t kStepBase = 4096, kStepFactor = 1;  // of the walk: steps, and times the bytes of the pickle

std::string_view text_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t length) {
  if (bytes.size() < offset + length) return {};
  return {reinterpret_cast<const char*>(bytes.data()) + offset, length};
}

bool is_zip(std::span<const std::byte> bytes) { return text_at(bytes, 0, 4) == "PK\x03\x04"; }
bool is_pickle(std::span<const std::byte> bytes) { return text_at(bytes, 0, 1) == "\x80"; }
bool is_tar(std::span<const std::byte> bytes) { return text_at(bytes, 257, 5) == "ustar"; }

Error no_torch_file(const MappedFile& file, const std::string& why) {
  return Error(ErrorCode::kModel, "is no PyTorch file: " + why)
      .in_file(file.path())
      .remedy("give a file written by torch.save or torch.jit.save, or a safetensors file");
}

/// Adds the tensors below `root` to the result, with `rename` put before their names.
void add_tensors(TorchFile& result, const MappedFile& file, const pickle::Tree& tree, TorchStorages& storages,
                 std::uint64_t& budget, const std::string& before = "") {
  NamedNodes found = find_weights(tree.root(), file.path(), kStepBase + kStepFactor * tree.bytes_read());
  TensorDecoder decoder(storages, file.path(), budget);
  for (const auto& [name, node] : found.tensors) {
    const DecodedTensor& decoded = decoder.decode(*node, before + name);
    if (decoded.refusal.empty()) {
      result.tensors[before + name] = decoded.view;
    } else {
      result.refused[before + name] = decoded.refusal;
    }
  }
  for (const auto* owners : {&storages.owners(), &decoder.owners()}) {
    result.owners.insert(result.owners.end(), owners->begin(), owners->end());
  }
  result.dropped.insert(result.dropped.end(), found.dropped.begin(), found.dropped.end());
}

std::uint64_t copy_budget(const MappedFile& file) { return kCopyBase + kCopyFactor * file.bytes().size(); }

/// The entry "<prefix>data.pkl" nearest to the top; its prefix is whatever the file was called when it was saved.
std::string data_prefix(const ZipReader& archive, const MappedFile& file) {
  constexpr std::string_view kData = "data.pkl";
  const std::string* best = nullptr;
  const auto depth = [](const std::string& name) { return std::count(name.begin(), name.end(), '/'); };
  for (const auto& [name, entry] : archive.entries()) {
    const bool fits = name == kData || name.ends_with("/data.pkl");
    if (fits && (best == nullptr || depth(name) < depth(*best))) best = &name;
  }
  if (best != nullptr) return best->substr(0, best->size() - kData.size());
  const bool old_script = std::any_of(archive.entries().begin(), archive.entries().end(),
                                      [](const auto& entry) { return entry.first.ends_with("model.json"); });
  throw no_torch_file(
      file, old_script ? "a TorchScript export from before PyTorch 1.2" : "the archive has no entry data.pkl");
}

void check_byte_order(ZipReader& archive, const std::string& prefix, const MappedFile& file) {
  const ZipEntry* entry = archive.find(prefix + "byteorder");
  if (entry == nullptr) return;
  const auto bytes = archive.read(*entry).bytes;
  if (text_at(bytes, 0, 3) == "big") {
    throw Error(ErrorCode::kModel, "was written on a big-endian machine")
        .in_file(file.path())
        .remedy("load it with PyTorch and save it again on a little-endian machine");
  }
}

/// Of a packed entry offsets in messages count from its header: the pickle itself has none in the file.
std::uint64_t base_of(const ZipEntry& entry) { return entry.method == 0 ? entry.data_offset : entry.header_offset; }

TorchFile read_zip(const std::shared_ptr<const MappedFile>& file) {
  ZipReader archive = ZipReader::open(file);
  const std::string prefix = data_prefix(archive, *file);
  check_byte_order(archive, prefix, *file);
  const ZipEntry& entry = *archive.find(prefix + "data.pkl");
  const ZipContent data = archive.read(entry);
  const auto tree = pickle::parse(data.bytes, file->path(), base_of(entry));
  TorchFile result;
  result.tree = pickle::root_of(tree);
  std::uint64_t budget = copy_budget(*file);
  const auto storages = zip_storages(archive, prefix + "data/", file->path());
  add_tensors(result, *file, *tree, *storages, budget);
  const ZipEntry* constants = archive.find(prefix + "constants.pkl");
  result.container = constants == nullptr ? "PyTorch zip" : "TorchScript";
  if (constants == nullptr) return result;
  const ZipContent content = archive.read(*constants);
  const auto constant_tree = pickle::parse(content.bytes, file->path(), base_of(*constants));
  const auto constant_storages = zip_storages(archive, prefix + "constants/", file->path());
  add_tensors(result, *file, *constant_tree, *constant_storages, budget, "CONSTANTS.c");
  return result;
}

/// The pickles of the legacy container stand one behind the other.
std::shared_ptr<const pickle::Tree> next_pickle(const MappedFile& file, std::uint64_t& offset) {
  auto tree = pickle::parse(file.bytes().subspan(offset), file.path(), offset);
  offset += tree->bytes_read();
  return tree;
}

TorchFile read_legacy(const std::shared_ptr<const MappedFile>& file) {
  std::uint64_t offset = 0;
  if (next_pickle(*file, offset)->root().text != kLegacyMagic) throw no_torch_file(*file, "a pickle of something else");
  if (next_pickle(*file, offset)->root().as_int() != kLegacyProtocol) {
    throw no_torch_file(*file, "an unknown version of the legacy container");
  }
  const auto system = next_pickle(*file, offset);
  const Node* little = system->root().find("little_endian");
  if (little != nullptr && little->kind == Kind::kBool && little->integer == 0) {
    throw Error(ErrorCode::kModel, "was written on a big-endian machine").in_file(file->path());
  }
  const auto tree = next_pickle(*file, offset);
  TorchFile result;
  result.container = "PyTorch legacy";
  result.tree = pickle::root_of(tree);
  std::uint64_t budget = copy_budget(*file);
  const auto storages = legacy_storages(*file, *tree, offset);
  add_tensors(result, *file, *tree, *storages, budget);
  return result;
}

}  // namespace

bool looks_like_torch_file(std::span<const std::byte> bytes) {
  return is_zip(bytes) || is_pickle(bytes) || is_tar(bytes);
}

TorchFile read_torch_file(std::shared_ptr<const MappedFile> file) {
  const auto bytes = file->bytes();
  if (is_zip(bytes)) return read_zip(file);
  if (is_pickle(bytes)) return read_legacy(file);
  if (is_tar(bytes))
    throw no_torch_file(*file, "a tar archive, as PyTorch wrote before 0.1.10; load and save it with a later one");
  throw no_torch_file(*file, "it is neither a zip archive nor a pickle");
}

}  // namespace molbridge::nn
