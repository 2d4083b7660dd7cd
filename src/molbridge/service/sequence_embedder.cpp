// Text and proteins.

#include "molbridge/core/error.hpp"
#include "molbridge/service/embedder.hpp"

namespace molbridge::service {

std::shared_ptr<const Embedder> open_sequence_embedder(const EmbedOptions& options) {
  throw Error(ErrorCode::kModel, "networks of text and proteins are not read yet").in_file(options.model);
}

}  // namespace molbridge::service
