#pragma once
// The training config, resolved: every key with its default in one place. [train] and the keys of the top are read here, all others by the job.

#include <memory>
#include <string>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/service_train/job.hpp"
#include "molbridge/train/loop.hpp"

namespace molbridge::service_train {

struct TrainSettings {
  std::string kind;
  std::string name;     ///< of the model
  std::string output;   ///< run folder
  std::string licence;  ///< of the model, for its manifest
  train::LoopOptions loop;
  std::string cache_folder;  ///< for what frozen parts computed; empty: `cache` of the run folder. Runs may share one
  int threads = 1;           ///< of the training itself; 1 is reproducible to the bit
  std::unique_ptr<TrainingJob> job;
};

/// Reads `path` with the replacements `set` ("train.epochs=2"). Errors: kUsage with key and range; unknown keys with the nearest right one.
/// `kind`: which it must be of; empty: any.
TrainSettings read_train_config(const std::string& path, const std::vector<std::string>& set,
                                const std::string& kind = "");

/// All settings as TOML, defaults included, but for where things are written: what stands in the run folder and in the model, and reads back to
/// the same.
std::string resolved_toml(const TrainSettings& settings);

/// What makes a run the same run: the job's settings, the seed and the bytes of its inputs; and, apart, [train].
train::RunIdentity run_identity(const TrainSettings& settings);

}  // namespace molbridge::service_train
