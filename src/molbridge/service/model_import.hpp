#pragma once
// Use case: weights as others published them -> a model folder of this program. Format page: docs/formats/model.md.

#include <cstdint>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"

namespace molbridge::service {

struct ModelImportOptions {
  std::string source;  ///< checkpoint, TorchScript, safetensors or state dict file, or a Hugging Face folder
  std::string output;  ///< model folder
  std::string name;    ///< empty: that of the source
  std::string licence;
  std::string origin;             ///< where the weights come from, an address or a citation; for the manifest
  std::vector<std::string> drop;  ///< starts of names of tensors to leave out
  std::string molecule_encoder;   ///< SpecBridge: Hugging Face folder with config and tokenizer of its molecule encoder
  bool force = false;             ///< replace a model folder that stands there
};

struct ModelImportReport {
  std::string kind, name, folder;
  std::string container;
  std::string summary;  ///< "7 layers, width 1024, 8 heads"
  std::string digest;   ///< of the manifest
  std::uint64_t tensors = 0, parameters = 0, bytes = 0;
  std::vector<std::string> dropped;     ///< one line each
  std::vector<std::string> notes;       ///< what was compared, and with what result
  std::vector<std::string> side_files;  ///< copied beside the weights
};

/// Atomic: the folder appears when it is whole and its encoder opens. Memory: that of the encoder; tensors go from the map of the source to
/// the disk. Errors: kModel (unknown kind; missing, unexpected and mismatched tensors, listed), kOutput.
ModelImportReport import_model(const ModelImportOptions& options, Progress& progress);

}  // namespace molbridge::service
