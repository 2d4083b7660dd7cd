#pragma once
// What the commands that need LibTorch do. The program `molbridge` has none of it, so that it starts at once: it declares these commands
// and hands them to the program `molbridge-train` (companion.hpp), which is this command line with the runners of cli_train.

#include <functional>

#include "molbridge/cli/context.hpp"
#include "molbridge/service/train_options.hpp"

namespace molbridge::cli {

inline constexpr const char* kTrainingProgram = "molbridge-train";

/// All empty, or none.
struct TrainingRunners {
  std::function<int(const service::TrainOptions&, const Context&)> train, pretrain;
};

}  // namespace molbridge::cli
