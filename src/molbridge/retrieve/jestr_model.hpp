#pragma once
// JESTR: spectra in bins of 1 Th and molecular graphs, both mapped into one learned space. The molecule encoder stands in a folder inside the
// model's ("bank build --encoder MODEL/molecule"). Format page: docs/formats/model.md.

#include <memory>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/spectrum_model.hpp"

namespace molbridge::retrieve {

inline constexpr char kJestrKind[] = "jestr";
/// Folder of the molecule encoder inside the model's.
inline constexpr char kJestrMoleculeFolder[] = "molecule";

/// Errors: kModel.
std::shared_ptr<const SpectrumModel> load_jestr_model(const nn::ModelFolder& folder);

}  // namespace molbridge::retrieve
