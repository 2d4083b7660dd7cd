#pragma once
// Kind "fragment-net": the network of the second stage.

#include <memory>

#include "molbridge/service_train/job.hpp"

namespace molbridge::service_train {

std::unique_ptr<TrainingJob> make_fragment_net_job(const Config& config);

}  // namespace molbridge::service_train
