#include "molbridge/nn/torch_tensor.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace molbridge::nn {
namespace {

using pickle::Kind;
using pickle::Node;

constexpr std::size_t kMaxDimensions = 64;  // of torch
constexpr int kMaxWrappers = 8;

constexpr std::array<std::string_view, 4> kParameters{"torch._utils._rebuild_parameter",
                                                      "torch._utils._rebuild_parameter_with_state",
                                                      "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"};
constexpr std::string_view kSubclass = "torch._tensor._rebuild_from_type_v2";
constexpr std::string_view kRebuild = "torch._utils._rebuild_";

/// A call that gives a tensor: the function and its arguments, without the wrappers of parameters and subclasses.
struct Call {
  std::string_view function;
  const std::vector<const Node*>* args = nullptr;
};

bool is_parameter(std::string_view function) {
  return std::find(kParameters.begin(), kParameters.end(), function) != kParameters.end();
}

Call call_of(const Node& node) {
  if (node.kind != Kind::kObject || node.type->kind != Kind::kGlobal) return {};
  return {node.type->text, &node.args->items};
}

Call unwrapped(const Node& node) {
  Call call = call_of(node);
  for (int i = 0; i < kMaxWrappers; ++i) {
    if (is_parameter(call.function) && !call.args->empty()) {
      call = call_of(*call.args->front());
    } else if (call.function == kSubclass && call.args->size() >= 3 && (*call.args)[0]->kind == Kind::kGlobal &&
               (*call.args)[2]->kind == Kind::kTuple) {
      call = {(*call.args)[0]->text, &(*call.args)[2]->items};
    } else {
      break;
    }
  }
  return call;
}

/// Sizes or strides: a tuple or list of counts, or a torch.Size of one. nullopt for anything else.
std::optional<std::vector<std::int64_t>> counts_of(const Node& node) {
  const Node* list = &node;
  if (node.is_object("torch.Size") && node.args->items.size() == 1) list = node.args->items.front();
  if ((list->kind != Kind::kTuple && list->kind != Kind::kList) || list->items.size() > kMaxDimensions)
    return std::nullopt;
  std::vector<std::int64_t> counts;
  for (const Node* item : list->items) {
    if (item->kind != Kind::kInt || item->integer < 0) return std::nullopt;
    counts.push_back(item->integer);
  }
  return counts;
}

/// Products and sums checked for overflow; nullopt then.
std::optional<TensorLayout> layout_of(std::vector<std::int64_t> sizes, std::vector<std::int64_t> strides,
                                      std::int64_t offset) {
  TensorLayout layout{std::move(sizes), std::move(strides), offset};
  std::uint64_t last = static_cast<std::uint64_t>(offset), nonzero = 1;
  for (std::size_t i = layout.sizes.size(); i-- > 0;) {
    const auto size = static_cast<std::uint64_t>(layout.sizes[i]),
               stride = static_cast<std::uint64_t>(layout.strides[i]);
    if (size != 1 && stride != nonzero) layout.contiguous = false;
    std::uint64_t reach = 0;
    if (size > 0 && (__builtin_mul_overflow(size - 1, stride, &reach) || __builtin_add_overflow(last, reach, &last))) {
      return std::nullopt;
    }
    if (size > 0 && __builtin_mul_overflow(nonzero, size, &nonzero)) return std::nullopt;
    layout.count = size == 0 ? 0 : layout.count;
  }
  if (layout.count != 0) layout.count = nonzero;
  if (layout.count == 0) layout.contiguous = true;
  if (nonzero > (std::uint64_t{1} << 60) || __builtin_add_overflow(last, 1, &layout.end)) return std::nullopt;
  return layout;
}

/// Row-major copy of a strided tensor. Requires every element inside `from`.
void copy_strided(const TensorLayout& layout, std::size_t size, const std::byte* from, std::byte* to) {
  const std::size_t dimensions = layout.sizes.size();
  const auto inner = static_cast<std::uint64_t>(layout.sizes[dimensions - 1]);
  const auto inner_stride = static_cast<std::uint64_t>(layout.strides[dimensions - 1]) * size;
  std::vector<std::int64_t> index(dimensions, 0);
  std::uint64_t at = static_cast<std::uint64_t>(layout.offset) * size;
  for (std::uint64_t done = 0; done < layout.count; done += inner) {
    for (std::uint64_t i = 0; i < inner; ++i, to += size) std::memcpy(to, from + at + i * inner_stride, size);
    for (std::size_t d = dimensions - 1; d-- > 0;) {
      const auto step = static_cast<std::uint64_t>(layout.strides[d]) * size;
      at += step;
      if (++index[d] < layout.sizes[d]) break;
      at -= step * static_cast<std::uint64_t>(layout.sizes[d]);
      index[d] = 0;
    }
  }
}

}  // namespace

bool is_tensor(const Node& node) {
  const std::string_view function = call_of(node).function;
  return function.starts_with(kRebuild) || function == kSubclass || is_parameter(function);
}

const DecodedTensor& TensorDecoder::decode(const Node& node, const std::string& name) {
  if (const auto known = known_.find(&node); known != known_.end()) return known->second;
  return known_[&node] = decode_new(node, name);
}

std::span<const std::byte> TensorDecoder::storage_bytes(const StorageRef& storage, const std::string& name) {
  std::span<const std::byte> bytes = storages_.bytes(storage.key);
  const std::uint64_t unit = storage.type == nullptr ? 1 : storage.type->size;
  if (storage.count > bytes.size() / unit) {
    throw damaged(name, "claims more elements than its storage " + storage.key + " has");
  }
  if (!storage.view) return bytes.first(storage.count * unit);
  const auto [begin, count] = *storage.view;
  if (begin > storage.count || count > storage.count - begin) {
    throw damaged(name, "lies outside its storage " + storage.key);
  }
  return bytes.subspan(begin * unit, count * unit);
}

std::span<const std::byte> TensorDecoder::place(const TensorLayout& layout, std::uint64_t size,
                                                std::span<const std::byte> bytes, const std::string& name) {
  if (layout.end > bytes.size() / size) throw damaged(name, "reaches beyond its storage");
  if (layout.contiguous) return bytes.subspan(static_cast<std::uint64_t>(layout.offset) * size, layout.count * size);
  if (layout.count > budget_ / size) throw damaged(name, "repeats its elements beyond the limit for copies");
  budget_ -= layout.count * size;
  auto copy = std::make_shared<std::vector<std::byte>>(layout.count * size);
  copy_strided(layout, size, bytes.data(), copy->data());
  owners_.push_back(copy);
  return *copy;
}

DecodedTensor TensorDecoder::decode_new(const Node& node, const std::string& name) {
  const Call call = unwrapped(node);
  const bool v3 = call.function == "torch._utils._rebuild_tensor_v3";  // with a dtype over raw bytes
  if (!v3 && call.function != "torch._utils._rebuild_tensor_v2" && call.function != "torch._utils._rebuild_tensor") {
    return {{}, "made by " + (call.function.empty() ? "something unknown" : std::string(call.function))};
  }
  if (call.args->size() < (v3 ? 7u : 4u)) throw damaged(name, "has too few arguments");
  const auto& args = *call.args;
  const auto storage = parse_storage(*args[0]);
  auto sizes = counts_of(*args[2]), strides = counts_of(*args[3]);
  const auto offset = args[1]->as_int();
  if (!storage || !sizes || !strides || sizes->size() != strides->size() || !offset || *offset < 0) {
    throw damaged(name, "has no proper storage, offset, sizes and strides");
  }
  const StorageType* type = v3 ? storage_type_of_dtype(args[6]->text) : storage->type;
  if (type == nullptr || !type->type) return {{}, "of the type " + (v3 ? args[6]->text : storage->type_name)};
  const auto layout = layout_of(std::move(*sizes), std::move(*strides), *offset);
  if (!layout) throw damaged(name, "has sizes beyond all measure");
  TensorView view{*type->type, layout->sizes, {}};
  if (layout->count != 0) view.bytes = place(*layout, type->size, storage_bytes(*storage, name), name);
  return {view, {}};
}

Error TensorDecoder::damaged(const std::string& name, const std::string& message) const {
  return Error(ErrorCode::kModel, "damaged PyTorch file: tensor " + name + " " + message)
      .in_file(path_)
      .remedy("fetch or copy the file again");
}

}  // namespace molbridge::nn
