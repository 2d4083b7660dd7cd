#pragma once
// The molecules a model folder says it was trained on: side file training_molecules.tsv.

#include <vector>

#include "molbridge/nn/model_folder.hpp"
#include "molbridge/retrieve/query_model.hpp"

namespace molbridge::retrieve {

/// Errors: kModel when the file is missing, not that of the manifest, or a line has not two cells.
std::vector<TrainingMolecule> read_training_molecules(const nn::ModelFolder& folder);

}  // namespace molbridge::retrieve
