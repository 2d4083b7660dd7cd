#pragma once
// The training config, resolved: every key with its default in one place.

#include <string>
#include <vector>

#include "molbridge/core/config.hpp"
#include "molbridge/train/fingerprint_ffn_task.hpp"
#include "molbridge/train/loop.hpp"

namespace molbridge::service_train {

struct TrainSettings {
  std::string name;    ///< of the model
  std::string output;  ///< run folder
  std::vector<std::string> train_files;
  std::vector<std::string> held_out_files;  ///< their compounds may not be in training
  std::string target_encoder;
  train::FingerprintFfnTaskOptions task;
  train::LoopOptions loop;
  int threads = 1;      ///< of the training itself; 1 is reproducible to the bit
  std::string licence;  ///< of the model, for its manifest
};

/// Reads `path` with the replacements `set` ("train.epochs=2"). Errors: kUsage with key and range.
TrainSettings read_train_config(const std::string& path, const std::vector<std::string>& set);

/// All settings as TOML, defaults included: what stands in the run folder and in the model.
std::string resolved_toml(const TrainSettings& settings);

}  // namespace molbridge::service_train
