#pragma once
// What an import writes: decided per kind, written in one place. Private to the service.

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/nn/weights.hpp"
#include "molbridge/service/model_import.hpp"

namespace molbridge::service {

struct ImportPlan {
  std::string kind, summary;
  std::function<void(ConfigWriter&)> write_sizes;         ///< manifest keys of the kind
  std::vector<std::pair<std::string, std::string>> kept;  ///< name in the file, name in the folder
  std::vector<std::string> dropped;                       ///< one line each
  std::map<std::string, std::string> side_files;          ///< name in the folder, path
};

/// Errors: kModel.
ImportPlan plan_dreams(const nn::Weights& weights, const std::string& prefix);
/// `folder` holds config.json. Errors: kModel with the tensors that do not fit.
ImportPlan plan_transformer(const nn::Weights& weights, const std::string& folder,
                            const std::vector<std::string>& drop);

/// "lm_head: 5 tensors" for every first part of the names.
std::vector<std::string> grouped(const std::vector<std::string>& names, const std::string& reason);

}  // namespace molbridge::service
