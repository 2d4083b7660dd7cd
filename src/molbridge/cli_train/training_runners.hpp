#pragma once
// The commands that need LibTorch, as their command line in cli/ declares them.

#include "molbridge/cli/training_runners.hpp"

namespace molbridge::cli_train {

cli::TrainingRunners training_runners();

}  // namespace molbridge::cli_train
