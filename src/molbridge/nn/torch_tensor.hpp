#pragma once
// From the record of a torch tensor in a pickle to a contiguous view of its numbers.

#include <map>
#include <memory>
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
  TorchStorages& storages_;
  const std::string& path_;
  std::uint64_t& budget_;
  std::map<const pickle::Node*, DecodedTensor> known_;
  std::vector<std::shared_ptr<const void>> owners_;
};

}  // namespace molbridge::nn
