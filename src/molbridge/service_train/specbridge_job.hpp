#pragma once
// SpecBridge as a job. Config: configs/specbridge.toml; every key stands in docs/training.md.

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

/// Errors: kUsage.
std::unique_ptr<TrainingJob> make_specbridge_job(const Config& config);

}  // namespace molbridge::service_train
