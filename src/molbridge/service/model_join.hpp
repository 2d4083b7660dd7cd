#pragma once
// Use case: a first and a second stage become one model folder of kind "two-stage". Format page: docs/formats/model.md.

#include <string>

namespace molbridge::service {

struct ModelJoinOptions {
  std::string bridge;   ///< spectrum model of the first stage
  std::string rerank;   ///< model of kind "reranker", made for that first stage
  std::string output;   ///< folder to make; a README.md that stands there stays
  std::string name;     ///< "": the folder's own name
  std::string licence;  ///< "": that of the first stage
  bool force = false;   ///< replace a model folder that stands there
};

struct ModelJoinReport {
  std::string folder, digest;
};

/// Errors: kModel when a part is none, or the second stage was made for another first one; kUsage when the target stands, or is a folder of other things; kOutput.
ModelJoinReport join_model(const ModelJoinOptions& options);

}  // namespace molbridge::service
