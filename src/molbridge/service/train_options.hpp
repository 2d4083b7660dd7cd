#pragma once
// What the use case `train` is asked for. The use case itself stands in service_train, with LibTorch; the options stand here so that a
// program without it can declare the command.

#include <cstddef>
#include <string>
#include <vector>

namespace molbridge::service {

struct TrainOptions {
  std::string config;            ///< TOML file; may be empty with continue_run or fork_run, which bring one
  std::vector<std::string> set;  ///< "train.epochs=2": values that replace those of the file
  std::string output;            ///< run folder; empty: `output` of the config
  std::string continue_run;      ///< run folder that goes on, also with other [train] settings
  std::string fork_run;          ///< run folder whose weights a new run starts from
  std::string kind;              ///< which the config must be of; empty: any
  bool restart = false;          ///< discard a run that stands there
  std::size_t threads = 1;       ///< for reading and, unless the config fixes it, for training
};

}  // namespace molbridge::service
