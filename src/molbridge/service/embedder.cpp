#include "molbridge/service/embedder.hpp"

namespace molbridge::service {

std::shared_ptr<const Embedder> open_embedder(const EmbedOptions& options) {
  switch (options.kind) {
    case EmbedKind::kSpectra: return open_spectrum_embedder(options);
    case EmbedKind::kMolecules: return open_molecule_embedder(options);
    case EmbedKind::kText:
    case EmbedKind::kProteins: return open_sequence_embedder(options);
  }
  MOLBRIDGE_CHECK(false, "kind");
}

}  // namespace molbridge::service
