#pragma once
// A model on disk: a folder with `model.toml` (what it is) and `weights.safetensors` (what it learned), plus small side files that
// the manifest names with their digests. Format page: docs/formats/model.md.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/nn/safetensors.hpp"

namespace molbridge::nn {

inline constexpr int kModelFormatVersion = 1;
inline constexpr const char* kManifestFile = "model.toml";
inline constexpr const char* kWeightsFile = "weights.safetensors";

/// Weights up to this size are compared with their digest at every opening (some 50 ms). Of larger ones opening checks header and size,
/// and the digest is compared at import and by `model info --check`: a program must not read 400 MB before it does anything.
inline constexpr std::uint64_t kHashedAtOpening = std::uint64_t{64} << 20;

/// A checked model folder. The digest of the manifest is the identity of the model, since the manifest holds the digests of
/// the files beside it.
struct ModelFolder {
  std::string path;
  Config manifest;
  SafetensorsFile weights;
  std::string digest;

  /// Errors: kModel when the folder or a file is missing, a digest does not match or the format is newer.
  static ModelFolder open(const std::string& path);
  /// Path of a side file named in the manifest. Errors: kModel.
  std::string side_file(const std::string& name) const;
};

/// Key of the manifest that holds the SHA-256 of a file: "files.weights_safetensors".
std::string digest_key(const std::string& file);
bool is_model_folder(const std::string& path);
/// Reads model.toml alone. Errors: kModel when there is none or its format is newer.
Config read_model_manifest(const std::string& folder);

/// Collects the parts of a model and writes them to a new folder that replaces `path` when it is whole.
class ModelFolderWriter {
 public:
  /// Keys of the manifest, in order; `[files]` and `format` are added by write().
  ConfigWriter manifest;
  SafetensorsWriter weights;
  /// `name` may hold a folder: "1_Pooling/config.json".
  void add_side_file(const std::string& name, std::string content) { side_files_[name] = std::move(content); }
  /// The weights stand there under this name too (one file on the disk where it can link): "model.safetensors", which programs that read
  /// Hugging Face folders look for.
  void add_weights_name(std::string name) { weights_names_.push_back(std::move(name)); }
  /// Files that the folder should keep from an older version of it (README.md). Errors: kOutput.
  void write(const std::string& path) const;

 private:
  std::map<std::string, std::string> side_files_;
  std::vector<std::string> weights_names_;
};

}  // namespace molbridge::nn
