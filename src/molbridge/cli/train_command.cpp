#include "molbridge/cli/commands.hpp"

namespace molbridge::cli {

void add_train_command(Command& parent, const TrainingRunners& runners) {
  auto options = std::make_shared<service::TrainOptions>();
  Command& c = parent.add("train", "Trains a model from a config file; resumes where an earlier run was cut off.",
                          "molbridge train --config configs/fingerprint-ffn.toml");
  c.details(
      "Writes checkpoint.safetensors and metrics.tsv to the run folder while it runs, and the model folder `model` at "
      "the "
      "end. Paths in the config are relative to the current folder. With train.threads = 1 a resumed run gives the "
      "same "
      "weights to the bit as one that was never interrupted.");
  c.option("--config", &options->config, "FILE.toml", "what to train on what").required().flag_only();
  c.option("--set", &options->set, "KEY=VALUE", "replace a value of the config, e.g. train.epochs=2; repeatable")
      .flag_only();
  c.option("-o,--output", &options->output, "DIR", "run folder; default: `output` of the config").flag_only();
  c.flag("--restart", &options->restart, "discard the run that stands in the folder").flag_only();
  c.on_run_in(kTrainingProgram, runners.train, options, {.threads = true, .config = false});
}

}  // namespace molbridge::cli
