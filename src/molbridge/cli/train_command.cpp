#include "molbridge/cli/commands.hpp"
#include "molbridge/cli/training_options.hpp"

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
  add_training_options(c, options);
  c.on_run_in(kTrainingProgram, runners.train, options, {.threads = true, .config = false});
}

}  // namespace molbridge::cli
