#include "molbridge/cli/training_options.hpp"

#include "molbridge/core/error.hpp"

namespace molbridge::cli {

void add_training_options(Command& command, const std::shared_ptr<service::TrainOptions>& options) {
  Command& c = command;
  c.option("--config", &options->config, "FILE.toml", "what to train on what").flag_only();
  c.option("--continue", &options->continue_run, "RUN",
           "run folder to go on with; its own config unless --config is given")
      .flag_only();
  c.option("--fork", &options->fork_run, "RUN", "run folder whose weights the new run starts from; needs -o")
      .flag_only();
  c.option("--set", &options->set, "KEY=VALUE", "replace a value of the config, e.g. train.epochs=2; repeatable")
      .flag_only();
  c.option("-o,--output", &options->output, "DIR", "run folder; default: `output` of the config").flag_only();
  c.flag("--restart", &options->restart, "discard the run that stands in the folder").flag_only();
  c.check([options] {
    if (options->config.empty() && options->continue_run.empty() && options->fork_run.empty())
      throw Error(ErrorCode::kUsage, "no config: give --config FILE, --continue RUN or --fork RUN");
    if (!options->fork_run.empty() && options->config.empty() && options->output.empty())
      throw Error(ErrorCode::kUsage, "--fork needs a run folder of its own").remedy("Name one: --output DIR.");
  });
}

}  // namespace molbridge::cli
