#pragma once
// A model folder of two stages: model.toml with name, licence and the digests of its parts, and a model folder for each part. The digest of the
// whole is that of the outer manifest, which holds those of the parts. Format page: docs/formats/model.md.

#include <optional>
#include <string>

namespace molbridge::retrieve {

inline constexpr const char* kTwoStageKind = "two-stage";
inline constexpr const char* kBridgeFolder = "bridge";  ///< the first stage: a spectrum model
inline constexpr const char* kRerankFolder = "rerank";  ///< the second: src/molbridge/rerank

struct TwoStageModel {
  std::string name, digest;
  std::string bridge_folder, bridge_digest;
  std::string rerank_folder, rerank_digest;
};

/// What the folder holds; nullopt for a model folder of another kind. Errors: kModel when it is no model folder, or when a part is missing or
/// not the one that the manifest names, or when the second stage was made for another first one.
std::optional<TwoStageModel> read_two_stage(const std::string& folder);

/// Where the first stage of a model stands: in a part, else the folder itself. Errors: as above.
std::string first_stage_folder(const std::string& folder);

}  // namespace molbridge::retrieve
