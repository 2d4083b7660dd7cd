#include "molbridge/cli/commands.hpp"
#include "molbridge/cli/training_options.hpp"

namespace molbridge::cli {
namespace {

/// `kind` of the configs that the command takes.
void add_kind(Command& parent, const TrainingRunners& runners, const std::string& verb, const std::string& kind,
              const std::string& summary, const std::string& example, const std::string& details) {
  auto options = std::make_shared<service::TrainOptions>();
  options->kind = kind;
  Command& c = parent.add(verb, summary, example);
  c.details(details +
            " The run folder, --continue, --fork and the same bits after a cut are as in `molbridge train`; the model "
            "folder is "
            "`model` in the run folder.");
  add_training_options(c, options);
  c.on_run_in(kTrainingProgram, runners.pretrain, options, {.threads = true, .config = false});
}

}  // namespace

void add_pretrain_command(Command& parent, const TrainingRunners& runners) {
  Command& pretrain = parent.add("pretrain", "Trains an encoder on spectra or molecules alone, before any bridge.",
                                 "molbridge pretrain spectra --config configs/dreams-small.toml");
  add_kind(pretrain, runners, "spectra", "dreams-pretrain", "Trains a DreaMS network to tell the m/z of hidden peaks.",
           "molbridge pretrain spectra --config configs/dreams-small.toml",
           "Needs spectra without structures. Compounds of the files in data.exclude are left out, by formula or by "
           "InChIKey.");
  add_kind(pretrain, runners, "molecules", "smiles-pretrain", "Trains a SMILES transformer to tell hidden tokens.",
           "molbridge pretrain molecules --config configs/smiles-small.toml", "Needs molecules and nothing else.");
}

}  // namespace molbridge::cli
