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

/// What the second stage learned about scores and their certainty holds for one first stage alone.
void require_made_for_each_other(const TwoStageModel& model) {
  const std::string made_for = nn::read_model_manifest(model.rerank_folder).text("rerank.bridge_digest", "");
  if (made_for == model.bridge_digest) return;
  const std::string what = made_for.empty() ? "rerank.bridge_digest does not say which first stage it was made for"
                                            : "was made for the first stage " + short_digest(made_for) + ", and " +
                                                  model.bridge_folder + " is " + short_digest(model.bridge_digest);
  throw Error(ErrorCode::kModel, what)
      .in_file(model.rerank_folder)
      .remedy("Join stages that belong together: molbridge model join --bridge DIR --rerank DIR -o DIR.");
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
  require_made_for_each_other(model);
  return model;
}

std::string first_stage_folder(const std::string& folder) {
  const auto model = read_two_stage(folder);
  return model ? model->bridge_folder : folder;
}

}  // namespace molbridge::retrieve
