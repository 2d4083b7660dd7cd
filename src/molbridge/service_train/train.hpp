#pragma once
// Use case: train a model from a config file. docs/training.md.

#include <functional>
#include <string>

#include "molbridge/core/progress.hpp"
#include "molbridge/service/train_options.hpp"
#include "molbridge/train/loop.hpp"

namespace molbridge::service_train {

struct TrainReport {
  std::string kind;  ///< of the job: "specbridge", "thin-bridge"
  train::LoopReport loop;
  std::string selected_by;  ///< figure of loop.best_value
  std::int64_t parameters = 0, trained_parameters = 0;
  std::string model_folder;
  std::string model_digest;
  std::uint64_t model_bytes = 0;
};

/// Errors: kUsage for the config (unknown keys named with the nearest right one), compounds in training and held-out files;
/// kInput for data; kCancelled after a checkpoint. Resumes by default. `say` gets one line per finished step of the work.
TrainReport train_model(const service::TrainOptions& options, const std::function<void(const std::string&)>& say,
                        Progress& progress);

}  // namespace molbridge::service_train
