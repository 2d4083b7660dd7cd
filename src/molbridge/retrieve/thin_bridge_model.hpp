#pragma once
// Thin bridge from a model folder: two linear sides, and the names and digests of the frozen encoders under them. Private to TextModel::load.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/text_model.hpp"

namespace molbridge::retrieve {

/// Errors: kModel.
std::shared_ptr<const TextModel> load_thin_bridge_model(const nn::ModelFolder& folder, const TextModelOptions& options);

}  // namespace molbridge::retrieve
