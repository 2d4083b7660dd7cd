#pragma once
// The Fingerprint FFN as a job. Config: configs/fingerprint-ffn.toml.

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

/// Errors: kUsage.
std::unique_ptr<TrainingJob> make_fingerprint_ffn_job(const Config& config);

}  // namespace molbridge::service_train
