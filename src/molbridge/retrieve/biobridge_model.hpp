#pragma once
// BioBridge: frozen vectors of molecules, proteins and texts, one relation-conditioned bridge. Any entity of a known type has a vector, in the graph
// or not; any known relation may be asked of any known types. Format page: docs/formats/biobridge.md.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/link_model.hpp"

namespace molbridge::retrieve {

/// Errors: kModel.
std::shared_ptr<const LinkModel> load_biobridge_model(const nn::ModelFolder& folder, const LinkModelOptions& options);

}  // namespace molbridge::retrieve
