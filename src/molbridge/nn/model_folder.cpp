#include "molbridge/nn/model_folder.hpp"

#include <filesystem>
#include <vector>

#include "molbridge/core/hash.hpp"

namespace molbridge::nn {
namespace {

namespace fs = std::filesystem;

void check_file(const std::string& folder, const std::string& file, const Config& manifest,
                std::uint64_t largest = UINT64_MAX) {
  const std::string path = folder + "/" + file;
  if (!file_exists(path)) {
    throw Error(ErrorCode::kModel, "is missing")
        .in_file(path)
        .remedy("The model folder is incomplete; copy or train it again.");
  }
  const std::string expected = manifest.text(digest_key(file));
  if (file_size(path) > largest) return;
  const std::string found = sha256_file(path);
  if (found != expected) {
    throw Error(ErrorCode::kModel, "is damaged or of another model: its SHA-256 is " + short_digest(found) +
                                       ", the manifest says " + short_digest(expected))
        .in_file(path)
        .remedy("Copy the model folder again, or train it again.");
  }
}

/// A second name of a file, in place at once; a copy where the file system has no links.
void give_second_name(const std::string& path, const std::string& second) {
  const std::string temporary = second + ".tmp";
  std::error_code error;
  fs::remove(temporary, error);
  fs::create_hard_link(path, temporary, error);
  if (error) fs::copy_file(path, temporary, error);
  if (!error) fs::rename(temporary, second, error);
  if (error) throw Error(ErrorCode::kOutput, "cannot be written: " + error.message()).in_file(second);
}

/// What a kill in the middle of an earlier writing left.
void remove_unfinished(const std::string& folder) {
  std::vector<fs::path> left;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".tmp") left.push_back(entry.path());
  }
  std::error_code ignored;
  for (const auto& path : left) fs::remove(path, ignored);
}

}  // namespace

std::string digest_key(const std::string& file) {
  std::string key = file;
  for (char& c : key) {
    if (c == '.' || c == '-' || c == '/') c = '_';
  }
  return "files." + key;
}

bool is_model_folder(const std::string& path) { return file_exists(path + "/" + kManifestFile); }

Config read_model_manifest(const std::string& folder) {
  const std::string path = folder + "/" + kManifestFile;
  if (!file_exists(path)) {
    throw Error(ErrorCode::kModel,
                folder_exists(folder) ? "has no model.toml, so it is no model folder" : "no such model folder")
        .in_file(folder)
        .remedy(
            "Name a model folder with --model, or train one: molbridge train --config configs/fingerprint-ffn.toml");
  }
  Config manifest = Config::read(path, /*code_is_model=*/true);
  const auto format = manifest.integer("format");
  if (format > kModelFormatVersion) {
    throw Error(ErrorCode::kModel, "is of model format " + std::to_string(format) + ", this program reads up to " +
                                       std::to_string(kModelFormatVersion))
        .in_file(path)
        .remedy("Use a newer molbridge.");
  }
  return manifest;
}

ModelFolder ModelFolder::open(const std::string& path) {
  Config manifest = read_model_manifest(path);
  check_file(path, kWeightsFile, manifest, kHashedAtOpening);
  std::string digest = sha256_file(path + "/" + kManifestFile);
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
  for (const auto& [name, content] : side_files_) {
    make_folders(fs::path(path + "/" + name).parent_path().string());
    write_file_atomically(path + "/" + name, content);
  }
  complete.text(digest_key(kWeightsFile), sha256_file(weights_path));
  for (const auto& name : weights_names_) {
    give_second_name(weights_path, path + "/" + name);
    complete.text(digest_key(name), sha256_file(weights_path));
  }
  for (const auto& [name, content] : side_files_) complete.text(digest_key(name), sha256(content));
  const std::string text = "format = " + std::to_string(kModelFormatVersion) + "\n" + complete.str();
  write_file_atomically(path + "/" + kManifestFile, text);
  remove_unfinished(path);
}

}  // namespace molbridge::nn
