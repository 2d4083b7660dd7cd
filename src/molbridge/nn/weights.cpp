#include "molbridge/nn/weights.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "molbridge/core/json.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/nn/float_conversion.hpp"
#include "molbridge/nn/torch_file.hpp"

namespace molbridge::nn {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 100'000'000;

template <typename Function>
auto as_model_error(const std::string& path, Function function) {
  try {
    return function();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) throw;
    throw Error(ErrorCode::kModel, e.message()).in_file(path);
  }
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> parts;
  for (const std::int64_t size : shape) parts.push_back(size < 0 ? "any" : std::to_string(size));
  return "[" + join(parts, ", ") + "]";
}

bool shape_fits(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& wanted) {
  return std::equal(shape.begin(), shape.end(), wanted.begin(), wanted.end(),
                    [](std::int64_t size, std::int64_t want) { return want < 0 || size == want; });
}

/// What index files of Hugging Face folders may name: a file beside them.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

}  // namespace

/// Fills a Weights from one or several files.
class WeightsBuilder {
 public:
  void add_file(const std::string& path) {
    const auto map = as_model_error(path, [&] { return MappedFile::open(path); });
    weights_.files_.push_back(path);
    if (looks_like_torch_file(map->bytes())) {
      add_torch(map);
    } else {
      add_safetensors(path);
    }
  }

  void add_folder(const std::string& folder) {
    for (const char* name : {"weights.safetensors", "model.safetensors", "model.safetensors.index.json",
                             "pytorch_model.bin", "pytorch_model.bin.index.json"}) {
      const std::string path = folder + "/" + name;
      if (!file_exists(path)) continue;
      return std::string_view(name).ends_with(".json") ? add_index(folder, path) : add_file(path);
    }
    throw Error(ErrorCode::kModel, "holds no weights")
        .in_file(folder)
        .remedy(
            "it should have weights.safetensors, model.safetensors, pytorch_model.bin or the index file of one of "
            "them");
  }

  Weights take() { return std::move(weights_); }

 private:
  void add_torch(const std::shared_ptr<const MappedFile>& map) {
    TorchFile file = read_torch_file(map);
    weights_.container_ = file.container;
    if (!weights_.tree_) weights_.tree_ = file.tree;
    weights_.maps_.push_back(map);
    weights_.keep_alive_.insert(weights_.keep_alive_.end(), file.owners.begin(), file.owners.end());
    for (auto& [name, reason] : file.refused) weights_.dropped_.push_back(name + ": " + reason + ", not read");
    weights_.dropped_.insert(weights_.dropped_.end(), file.dropped.begin(), file.dropped.end());
    weights_.refused_.merge(file.refused);
    weights_.tensors_.merge(file.tensors);
  }

  void add_safetensors(const std::string& path) {
    const auto file = SafetensorsFile::open(path);
    weights_.container_ = "safetensors";
    weights_.maps_.push_back(file.map());
    for (const auto& [name, dtype] : file.refused()) {
      weights_.refused_[name] = "of the type " + dtype;
      weights_.dropped_.push_back(name + ": of the type " + dtype + ", not read");
    }
    weights_.tensors_.insert(file.tensors().begin(), file.tensors().end());
  }

  /// {"weight_map": {tensor: file}}. A shard may hold more than the map says; what the map says must be there.
  void add_index(const std::string& folder, const std::string& path) {
    const auto refused = [&](const std::string& message) { return Error(ErrorCode::kModel, message).in_file(path); };
    if (file_size(path) > kMaxIndexBytes) throw refused("is too large for an index of weights");
    const Json index = as_model_error(path, [&] { return read_json_file(path); });
    if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
      throw refused("has no object weight_map");
    }
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : index["weight_map"].items()) {
      if (!shard.is_string() || !is_plain_name(shard.get<std::string>())) {
        throw refused("names no file beside it for tensor " + tensor);
      }
      shards.insert(shard.get<std::string>());
    }
    for (const std::string& shard : shards) add_file(folder + "/" + shard);
    for (const auto& [tensor, shard] : index["weight_map"].items()) {
      if (weights_.has(tensor) || weights_.refused_.contains(tensor)) continue;
      throw refused("promises tensor " + tensor + " in " + shard.get<std::string>() + ", which does not have it");
    }
  }

  Weights weights_;
};

Weights Weights::open(const std::string& path) {
  WeightsBuilder builder;
  if (folder_exists(path)) {
    builder.add_folder(path);
  } else {
    builder.add_file(path);
  }
  return builder.take();
}

void Weights::refuse(const std::string& name, const std::string& message) const {
  throw Error(ErrorCode::kModel, "tensor " + name + " " + message)
      .in_file(files_.size() == 1 ? files_.front() : join(files_, ", "));
}

const TensorView& Weights::at(const std::string& name) const {
  if (const auto found = tensors_.find(name); found != tensors_.end()) return found->second;
  if (const auto found = refused_.find(name); found != refused_.end())
    refuse(name, "is " + found->second + ", which is not read");
  std::vector<std::string> names;
  for (const auto& [key, view] : tensors_) names.push_back(key);
  const auto guess = nearest(name, names);
  refuse(name, guess ? "is missing (there is " + *guess + ")" : "is missing");
}

std::vector<float> Weights::floats(const std::string& name, const std::vector<std::int64_t>& shape) const {
  const TensorView& view = at(name);
  if (!shape_fits(view.shape, shape))
    refuse(name, "has the shape " + shape_text(view.shape) + ", not " + shape_text(shape));
  if (!is_float(view.type)) refuse(name, "is of the type " + std::string(nn::name(view.type)) + ", not a float");
  return to_float32(view);
}

void Weights::release(const std::string& name) const {
  const auto bytes = at(name).bytes;
  for (const auto& map : maps_) {
    const std::byte* begin = map->bytes().data();
    if (bytes.empty() || bytes.data() < begin || bytes.data() >= begin + map->bytes().size()) continue;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto first = reinterpret_cast<std::uintptr_t>(bytes.data());
    // Whole pages only: what is shared with neighbours stays.
    const std::uintptr_t from = (first + page - 1) / page * page, to = (first + bytes.size()) / page * page;
    if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  }
}

}  // namespace molbridge::nn
