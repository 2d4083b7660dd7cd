#pragma once
// Use case: what is in a model: a model folder, a published file, a Hugging Face folder.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace molbridge::service {

struct ModelInfoOptions {
  std::string model;
  bool check = false;    ///< hash every file, the large ones too
  bool tensors = false;  ///< list every tensor
};

struct ModelTensorInfo {
  std::string name, type, shape;
};

struct ModelFileInfo {
  std::string name;
  std::uint64_t bytes = 0;
  std::string digest;  ///< what the manifest says, or what was found where it says nothing; "" when neither is known
  std::string state;   ///< "holds", "differs", "missing", "not checked", "not covered"
};

/// Keys in groups by the first part of their names.
struct ModelGroupInfo {
  std::string name;
  std::uint64_t tensors = 0, parameters = 0;
};

struct ModelInfo {
  std::string path;
  std::string form;  ///< "model folder", "Hugging Face folder", or the container of a file: "PyTorch zip"
  std::string kind;  ///< "dreams", "roberta", "fingerprint-ffn", ...; "unknown"
  std::string digest;
  std::string summary;  ///< sizes; "" where the manifest has them
  std::string
      fitting;  ///< for what is no model folder: whether its tensors fit the kind, and the command that imports it
  std::uint64_t parameters = 0, bytes = 0;
  std::map<std::string, std::uint64_t> types;                         ///< tensors by element type
  std::vector<std::pair<std::string, std::string>> manifest;          ///< keys of model.toml but the files, as written
  std::vector<std::pair<std::string, std::string>> hyper_parameters;  ///< of a PyTorch file, in short form
  std::vector<ModelGroupInfo> groups;
  std::vector<std::string> dropped;
  std::vector<ModelFileInfo> files;
  std::vector<ModelTensorInfo> tensors;  ///< when asked for
  std::vector<ModelInfo> parts;          ///< of a model of two stages: the first and the second
  std::string problem;                   ///< why parts do not make a whole; "" where they do
  /// No file is missing or differs from its digest, and parts belong together.
  bool whole() const;
};

/// Errors: kModel when there is nothing that can be read.
ModelInfo describe_model(const ModelInfoOptions& options);
std::string to_text(const ModelInfo& info);
std::string to_json(const ModelInfo& info);

}  // namespace molbridge::service
