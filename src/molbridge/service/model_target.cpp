#include "molbridge/service/model_target.hpp"

#include <filesystem>

#include "molbridge/core/error.hpp"
#include "molbridge/core/files.hpp"
#include "molbridge/nn/model_folder.hpp"

namespace molbridge::service {

namespace fs = std::filesystem;

void check_model_target(const std::string& target, bool force) {
  if (!fs::exists(target)) return;
  const bool empty = folder_exists(target) && fs::is_empty(target);
  if (empty) return;
  if (!nn::is_model_folder(target)) {
    throw Error(ErrorCode::kOutput, "stands there already and is no model folder")
        .in_file(target)
        .remedy("Choose another -o.");
  }
  if (!force) {
    throw Error(ErrorCode::kOutput, "is a model folder already")
        .in_file(target)
        .remedy("Choose another -o, or replace it with --force.");
  }
}

}  // namespace molbridge::service
