#include "molbridge/service/model_join.hpp"

#include <filesystem>

#include "molbridge/core/config.hpp"
#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/core/version.hpp"
#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/two_stage.hpp"

namespace molbridge::service {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCard = "README.md";

void copy_part(const std::string& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to, error);
  for (const auto& entry : fs::directory_iterator(from)) {
    if (!error && entry.is_regular_file()) fs::copy_file(entry.path(), to / entry.path().filename(), error);
  }
  if (error) throw Error(ErrorCode::kOutput, "cannot be written: " + error.message()).in_file(to.string());
}

/// A target that would be replaced must be a model folder, or hold nothing but a card: what else stands there is somebody's.
void require_replaceable(const fs::path& target, bool force) {
  if (nn::is_model_folder(target.string())) {
    if (force) return;
    throw Error(ErrorCode::kUsage, "a model stands there").in_file(target.string()).remedy("Replace it with --force.");
  }
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(target, none)) {
    if (entry.path().filename() == kCard) continue;
    throw Error(ErrorCode::kUsage, "is no model folder, and holds " + entry.path().filename().string())
        .in_file(target.string())
        .remedy("Name a folder of its own.");
  }
}

void put_in_place(const fs::path& fresh, const fs::path& target) {
  const fs::path old = target.string() + ".old";
  std::error_code ignored, error;
  fs::remove_all(old, ignored);
  fs::rename(target, old, ignored);
  fs::rename(fresh, target, error);
  if (error) {
    fs::rename(old, target, ignored);
    throw Error(ErrorCode::kOutput, "cannot be put in place: " + error.message()).in_file(target.string());
  }
  fs::remove_all(old, ignored);
}

/// Without a slash at the end: folders beside it are named after it.
fs::path folder_path(const std::string& text) {
  const fs::path path = fs::path(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

ModelJoinReport join_model(const ModelJoinOptions& options) {
  const nn::ModelFolder bridge = nn::ModelFolder::open(options.bridge);
  const nn::ModelFolder rerank = nn::ModelFolder::open(options.rerank);
  const std::string expected = rerank.manifest.text("rerank.bridge_digest");
  if (expected != bridge.digest) {
    throw Error(ErrorCode::kModel, "was made for another first stage than " + options.bridge)
        .in_file(options.rerank)
        .remedy("Name the folder that stood in final.bridge of its config.");
  }
  const fs::path target = folder_path(options.output);
  require_replaceable(target, options.force);
  const fs::path fresh = target.string() + ".new";
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  copy_part(options.bridge, fresh / retrieve::kBridgeFolder);
  copy_part(options.rerank, fresh / retrieve::kRerankFolder);
  ConfigWriter manifest;
  manifest.integer("format", nn::kModelFormatVersion);
  manifest.text("kind", retrieve::kTwoStageKind);
  manifest.text("name", options.name.empty() ? target.filename().string() : options.name);
  manifest.text("licence", options.licence.empty() ? bridge.manifest.text("licence", "") : options.licence);
  manifest.text("tool_version", std::string(version()));
  manifest.text("parts.bridge_digest", bridge.digest);
  manifest.text("parts.rerank_digest", rerank.digest);
  write_file_atomically((fresh / nn::kManifestFile).string(), manifest.str());
  if (file_exists((target / kCard).string()))
    write_file_atomically((fresh / kCard).string(), read_text_file((target / kCard).string()));
  put_in_place(fresh, target);
  return {target.string(), retrieve::read_two_stage(target.string())->digest};
}

}  // namespace molbridge::service
