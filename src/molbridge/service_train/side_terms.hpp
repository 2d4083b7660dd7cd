#pragma once
// Vocabularies of TF-IDF that a model takes with it. Private to the jobs.

#include <string>

#include "molbridge/nn/model_folder.hpp"

namespace molbridge::service_train {

/// The specification with each "tfidf:PATH" in it, alone or one of several side by side, as "tfidf:FILE": `file` beside the model, of which it becomes a
/// side file ("2_FILE" of a second one). Errors: kInput when a vocabulary cannot be read.
std::string keep_terms(const std::string& specification, const std::string& file, nn::ModelFolderWriter& writer);

}  // namespace molbridge::service_train
