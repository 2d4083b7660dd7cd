#pragma once
// The options that every command has that trains something.

#include <memory>

#include "molbridge/cli/command.hpp"
#include "molbridge/service/train_options.hpp"

namespace molbridge::cli {

/// Declares them, and that one of --config, --continue and --fork is there.
void add_training_options(Command& command, const std::shared_ptr<service::TrainOptions>& options);

}  // namespace molbridge::cli
