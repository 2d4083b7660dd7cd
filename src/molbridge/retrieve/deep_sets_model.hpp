#pragma once
// DeepSets: a set of peak tokens, with or without Fourier features of m/z, to a fingerprint. Format page: docs/formats/model.md.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

inline constexpr char kDeepSetsKind[] = "deepsets";

/// Errors: kModel.
std::shared_ptr<const SpectrumModel> load_deep_sets_model(const nn::ModelFolder& folder);

}  // namespace molbridge::retrieve
