#pragma once
// Use case: train a model from a config file. docs/training.md.

#include <functional>
#include <string>
#include <vector>

#include "molbridge/core/progress.hpp"
#include "molbridge/train/loop.hpp"
#include "molbridge/train/spectrum_dataset.hpp"

namespace molbridge::service {

struct TrainOptions {
  std::string config;            ///< TOML file
  std::vector<std::string> set;  ///< "train.epochs=2": values that replace those of the file
  std::string output;            ///< run folder; empty: `output` of the config
  bool restart = false;          ///< discard a run that stands there
  std::size_t threads = 1;       ///< for reading and, unless the config fixes it, for training
};

struct TrainReport {
  train::LoopReport loop;
  train::DatasetCounts data;
  std::size_t molecules = 0;
  std::int64_t parameters = 0;
  std::string model_folder;
  std::string model_digest;
  std::uint64_t model_bytes = 0;
};

/// Errors: kUsage for the config (unknown keys named with the nearest right one), compounds in training and held-out files;
/// kInput for data; kCancelled after a checkpoint. Resumes by default. `say` gets one line per finished step of the work.
TrainReport train_model(const TrainOptions& options, const std::function<void(const std::string&)>& say,
                        Progress& progress);

}  // namespace molbridge::service
