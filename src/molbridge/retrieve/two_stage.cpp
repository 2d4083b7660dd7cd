#include "molbridge/retrieve/two_stage.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::retrieve {
namespace {

std::string checked_part(const std::string& folder, const std::string& part, const std::string& expected) {
  const std::string path = folder + "/" + part;
  if (!nn::is_model_folder(path)) {
    throw Error(ErrorCode::kModel, "the part is missing: no model.toml stands there")
        .in_file(path)
        .remedy("The model folder is incomplete; copy it again.");
  }
  const std::string found = sha256_file(path + "/" + nn::kManifestFile);
  if (found == expected) return path;
  throw Error(ErrorCode::kModel, "is not the part that the model names: its digest is " + short_digest(found) + ", " +
                                     folder + "/" + nn::kManifestFile + " says " + short_digest(expected))
      .in_file(path)
      .remedy("Copy the model folder again; parts of different models cannot be mixed.");
}

}  // namespace

std::optional<TwoStageModel> read_two_stage(const std::string& folder) {
  const Config manifest = nn::read_model_manifest(folder);
  if (manifest.text("kind") != kTwoStageKind) return std::nullopt;
  TwoStageModel model{.name = manifest.text("name"),
                      .digest = sha256_file(folder + "/" + nn::kManifestFile),
                      .bridge_folder = "",
                      .bridge_digest = manifest.text("parts.bridge_digest"),
                      .rerank_folder = "",
                      .rerank_digest = manifest.text("parts.rerank_digest")};
  model.bridge_folder = checked_part(folder, kBridgeFolder, model.bridge_digest);
  model.rerank_folder = checked_part(folder, kRerankFolder, model.rerank_digest);
  return model;
}

std::string first_stage_folder(const std::string& folder) {
  const auto model = read_two_stage(folder);
  return model ? model->bridge_folder : folder;
}

}  // namespace molbridge::retrieve
