#pragma once
// BioBridge as a job. Configs: configs/biobridge.toml, configs/biobridge-published.toml; every key stands in docs/training.md.

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

/// Errors: kUsage.
std::unique_ptr<TrainingJob> make_biobridge_job(const Config& config);

}  // namespace molbridge::service_train
