#pragma once
// Named tensors of a published file, whatever its container: safetensors (one file or shards with an index), PyTorch zip, PyTorch legacy,
// TorchScript. Nothing is executed; tensors stay in the map of the file where their layout allows.
// Threads: const use is safe.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "molbridge/nn/safetensors.hpp"

namespace molbridge::nn {

namespace pickle {
struct Node;
}

class Weights {
 public:
  /// A file, a model folder (weights.safetensors), or a Hugging Face folder: model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json.
  /// Errors: kModel with file, offset and remedy.
  static Weights open(const std::string& path);

  /// Contiguous, row-major; the bytes may start at any address (legacy PyTorch files align nothing). Names as the file has them ("state_dict" and the like are stepped into).
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  bool has(const std::string& name) const { return tensors_.contains(name); }
  /// Errors: kModel naming the file and the nearest name, or why a tensor that is there is not read (complex, quantised).
  const TensorView& at(const std::string& name) const;
  /// As float32 whatever float type the file holds. Errors: kModel when absent, of another shape (-1 fits any size) or of no float type.
  std::vector<float> floats(const std::string& name, const std::vector<std::int64_t>& shape) const;
  /// Tells the system that these pages of the map are not needed for now: they leave the resident memory of the process and come back from
  /// the file when touched again. Copies (packed or strided tensors) stay.
  void release(const std::string& name) const;

  /// The unpickled tree of a PyTorch file (hyper-parameters, configuration), null for safetensors.
  const pickle::Node* tree() const { return tree_.get(); }
  /// What was in the file and is no weight: "optimizer_states: 396 tensors, not read".
  const std::vector<std::string>& dropped() const { return dropped_; }
  /// "safetensors", "PyTorch zip", "PyTorch legacy", "TorchScript".
  const std::string& container() const { return container_; }
  const std::vector<std::string>& files() const { return files_; }

 private:
  friend class WeightsBuilder;
  [[noreturn]] void refuse(const std::string& name, const std::string& message) const;

  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> refused_;  ///< tensors of types that are not read: name to reason
  std::vector<std::shared_ptr<const MappedFile>> maps_;
  std::vector<std::shared_ptr<const void>> keep_alive_;
  std::shared_ptr<const pickle::Node> tree_;
  std::vector<std::string> dropped_, files_;
  std::string container_;
};

}  // namespace molbridge::nn
