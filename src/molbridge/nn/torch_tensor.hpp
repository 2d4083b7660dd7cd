#pragma once
// From the record of a torch tensor in a pickle to a contiguous view of its numbers.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/nn/pickle.hpp"
#include "molbridge/nn/safetensors.hpp"
#include "molbridge/nn/torch_storage.hpp"

namespace molbridge::nn {

/// True for what torch rebuilds as a tensor or parameter, also of kinds that are not read.
bool is_tensor(const pickle::Node& node);

/// Either a view or, in words, why there is none ("a quantised tensor").
struct DecodedTensor {
  TensorView view;
  std::string refusal;
};

/// Where the elements of a tensor lie in its storage, counted in elements.
struct TensorLayout {
  std::vector<std::int64_t> sizes, strides;
  std::int64_t offset = 0;
  std::uint64_t count = 1;  ///< elements
  std::uint64_t end = 0;    ///< element behind the last one that is used
  bool contiguous = true;
};

/// Not thread-safe. The storages and the path must outlive the decoder.
class TensorDecoder {
 public:
  /// `budget`: bytes that all copies together may take.
  TensorDecoder(TorchStorages& storages, const std::string& path, std::uint64_t& budget)
      : storages_(storages), path_(path), budget_(budget) {}

  /// Contiguous tensors are views of the storage; others are copied, each node once. `name` is for messages.
  /// Errors: kModel when sizes, strides or offset leave the storage, or the copies exceed the budget.
  const DecodedTensor& decode(const pickle::Node& node, const std::string& name);
  /// Owners of the copies.
  const std::vector<std::shared_ptr<const void>>& owners() const { return owners_; }

 private:
  DecodedTensor decode_new(const pickle::Node& node, const std::string& name);
  /// The part of a storage that a tensor may use.
  std::span<const std::byte> storage_bytes(const StorageRef& storage, const std::string& name);
  /// View or copy of a tensor that has elements.
  std::span<const std::byte> place(const TensorLayout& layout, std::uint64_t size, std::span<const std::byte> bytes,
                                   const std::string& name);
  Error damaged(const std::string& name, const std::string& message) const;

  TorchStorages& storages_;
  const std::string& path_;
  std::uint64_t& budget_;
  std::map<const pickle::Node*, DecodedTensor> known_;
  std::vector<std::shared_ptr<const void>> owners_;
};

}  // namespace molbridge::nn
