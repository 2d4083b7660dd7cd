#pragma once
// The kind "smiles-pretrain": a transformer over SMILES that learns to tell hidden tokens. Writes a model of the kind "roberta", which is a Hugging
// Face folder too.

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

std::unique_ptr<TrainingJob> make_smiles_pretrain_job(const Config& config);

}  // namespace molbridge::service_train
