#pragma once
// The kind "dreams-pretrain": a DreaMS network that learns to tell the m/z of hidden peaks. Writes a model of the kind "dreams".

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

std::unique_ptr<TrainingJob> make_dreams_pretrain_job(const Config& config);

}  // namespace molbridge::service_train
