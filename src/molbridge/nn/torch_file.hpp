#pragma once
// PyTorch files (.pt, .pth, .bin, .ckpt): the zip container of torch.save, the legacy container before it, and TorchScript exports. Which
// tensors a file holds is read from its pickle, as data; no code in the file is run. Format page: docs/formats/torch.md.

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "molbridge/core/files.hpp"
#include "molbridge/nn/pickle.hpp"
#include "molbridge/nn/safetensors.hpp"

namespace molbridge::nn {

struct TorchFile {
  std::string container;                      ///< "PyTorch zip", "PyTorch legacy", "TorchScript"
  std::map<std::string, TensorView> tensors;  ///< by dotted name; of tied weights both names
  std::map<std::string, std::string>
      refused;                       ///< tensors that are not read, and why: "of the type torch.ComplexFloatStorage"
  std::vector<std::string> dropped;  ///< "optimizer_states: 396 tensors, not read"
  std::shared_ptr<const pickle::Node> tree;         ///< keeps all nodes alive
  std::vector<std::shared_ptr<const void>> owners;  ///< of the bytes that do not lie in the map
};

/// By the first bytes: a zip archive, a pickle, or the tar archive of the first PyTorch releases (which read_torch_file refuses by name).
bool looks_like_torch_file(std::span<const std::byte> bytes);

/// The map must outlive the views. Errors: kModel with file, offset where there is one, and remedy.
/// Cost: the pickle and one page per entry; tensors are not touched unless they are packed or strided.
TorchFile read_torch_file(std::shared_ptr<const MappedFile> file);

}  // namespace molbridge::nn
