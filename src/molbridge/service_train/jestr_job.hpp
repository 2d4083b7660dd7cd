#pragma once
// JESTR, stage 1, as a job: both encoders are trained. Config: configs/jestr.toml.

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

/// Errors: kUsage.
std::unique_ptr<TrainingJob> make_jestr_job(const Config& config);

}  // namespace molbridge::service_train
