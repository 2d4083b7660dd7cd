#pragma once
// Thin bridges between texts and molecules as a job: trained, or solved in closed form. Config: configs/thin-bridge.toml.

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

/// Errors: kUsage.
std::unique_ptr<TrainingJob> make_thin_bridge_job(const Config& config);

}  // namespace molbridge::service_train
