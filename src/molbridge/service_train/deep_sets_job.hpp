#pragma once
// DeepSets, with or without Fourier features, as a job. Configs: configs/deepsets.toml, configs/deepsets-fourier.toml.

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

/// Errors: kUsage.
std::unique_ptr<TrainingJob> make_deep_sets_job(const Config& config);

}  // namespace molbridge::service_train
