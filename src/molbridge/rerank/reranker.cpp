#include "molbridge/rerank/reranker.hpp"

#include <filesystem>

namespace molbridge::rerank {

std::shared_ptr<const Reranker> Reranker::load(const std::string& folder) {
  const std::string part = (std::filesystem::path(folder) / kRerankFolder).string();
  if (!nn::is_model_folder(part)) return nullptr;
  throw Error(ErrorCode::kModel, "second stages are not built in yet").in_file(part);
}

}  // namespace molbridge::rerank
