#include "molbridge/cli/commands.hpp"

namespace molbridge::cli {

void add_train_command(Command& parent, const TrainingRunners& runners) {
  auto options = std::make_shared<service::TrainOptions>();
  Command& c = parent.add("train", "Trains a model from a config file; resumes where an earlier run was cut off.",
                          "molbridge train --config configs/fingerprint-ffn.toml");
  c.details(
      "Writes checkpoint.safetensors, metrics.tsv and, where something is held out, validation.tsv and "
      "best.safetensors to the "
      "run folder while it runs, and the model folder `model` at the end. The same command goes on where it was cut "
      "off; with "
      "train.threads = 1 the weights are then the same to the bit as without the cut. Paths in the config are relative "
      "to the "
      "current folder. `molbridge report RUN` draws the curves.\n"
      "  molbridge train --continue runs/a --set train.epochs=20    goes on with a run, also with other [train] "
      "settings\n"
      "  molbridge train --fork runs/a --config b.toml -o runs/b    starts a new run from the weights of another");
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
  c.on_run_in(kTrainingProgram, runners.train, options, {.threads = true, .config = false});
}

}  // namespace molbridge::cli
