#pragma once
// Kind "reranker": combiner and calibration of the second stage, fitted on compounds that neither the fold's first stage nor the fold's fragment network
// was trained on; then written with the fragment network of all compounds.

#include <memory>

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

std::unique_ptr<TrainingJob> make_reranker_job(const Config& config);

}  // namespace molbridge::service_train
