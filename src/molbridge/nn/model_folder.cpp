#include "molbridge/nn/model_folder.hpp"

#include <filesystem>

#include "molbridge/core/hash.hpp"

namespace molbridge::nn {
namespace {

namespace fs = std::filesystem;

std::string key_of(const std::string& file) {
  std::string key = file;
  for (char& c : key) {
    if (c == '.' || c == '-') c = '_';
  }
  return "files." + key;
}

void check_file(const std::string& folder, const std::string& file, const Config& manifest) {
  const std::string path = folder + "/" + file;
  if (!file_exists(path)) {
    throw Error(ErrorCode::kModel, "is missing")
        .in_file(path)
        .remedy("The model folder is incomplete; copy or train it again.");
  }
  const std::string expected = manifest.text(key_of(file));
  const std::string found = sha256_file(path);
  if (found != expected) {
    throw Error(ErrorCode::kModel, "is damaged or of another model: its SHA-256 is " + short_digest(found) +
                                       ", the manifest says " + short_digest(expected))
        .in_file(path)
        .remedy("Copy the model folder again, or train it again.");
  }
}

}  // namespace

ModelFolder ModelFolder::open(const std::string& path) {
  const std::string manifest_path = path + "/" + kManifestFile;
  if (!file_exists(manifest_path)) {
    throw Error(ErrorCode::kModel,
                folder_exists(path) ? "has no model.toml, so it is no model folder" : "no such model folder")
        .in_file(path)
        .remedy(
            "Name a model folder with --model, or train one: molbridge train --config configs/fingerprint-ffn.toml");
  }
  Config manifest = Config::read(manifest_path, /*code_is_model=*/true);
  const auto format = manifest.integer("format");
  if (format > kModelFormatVersion) {
    throw Error(ErrorCode::kModel, "is of model format " + std::to_string(format) + ", this program reads up to " +
                                       std::to_string(kModelFormatVersion))
        .in_file(manifest_path)
        .remedy("Use a newer molbridge.");
  }
  check_file(path, kWeightsFile, manifest);
  std::string digest = sha256_file(manifest_path);
  return {path, std::move(manifest), SafetensorsFile::open(path + "/" + kWeightsFile), std::move(digest)};
}

std::string ModelFolder::side_file(const std::string& name) const {
  check_file(path, name, manifest);
  return path + "/" + name;
}

void ModelFolderWriter::write(const std::string& path) const {
  make_folders(path);
  const std::string weights_path = path + "/" + kWeightsFile;
  // The manifest goes last: until it is in place, a reader sees the old manifest and a digest that does not match, never a
  // mixture that loads.
  weights.write(weights_path);
  ConfigWriter complete = manifest;
  for (const auto& [name, content] : side_files_) write_file_atomically(path + "/" + name, content);
  complete.text(key_of(kWeightsFile), sha256_file(weights_path));
  for (const auto& [name, content] : side_files_) complete.text(key_of(name), sha256(content));
  const std::string text = "format = " + std::to_string(kModelFormatVersion) + "\n" + complete.str();
  write_file_atomically(path + "/" + kManifestFile, text);
}

}  // namespace molbridge::nn
